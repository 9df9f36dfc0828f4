import { TemporaryFolder } from '../registry/temporary-folder.ts'

/** A harness of our own with what the runner needs of the real one: each test is a function, or waits for ever. */
const harness = `
(() => {
  const tests = [], callbacks = []
  let isComplete = false
  const complete = (status) => {
    if (isComplete) return
    isComplete = true
    for (const callback of callbacks) callback(tests, { status, message: '' })
  }
  const isPending = () => tests.some(({ status }) => status === 3)
  self.add_completion_callback = (callback) => callbacks.push(callback)
  self.promise_test = (run, name) => {
    const test = { name, status: 3, message: '' }
    tests.push(test)
    new Promise((resolve) => resolve(run())).then(
      () => { test.status = 0 },
      (error) => { test.status = 1; test.message = String(error.message) },
    ).then(() => { if (!isPending()) complete(0) })
  }
  self.timeout = () => {
    for (const test of tests) if (test.status === 3) test.status = 2
    complete(2)
  }
})()`

/** A folder that looks like web-platform-tests, with these tests in it. */
export function miniatureCheckout(files: Readonly<Record<string, string>>): TemporaryFolder {
  return new TemporaryFolder({ 'resources/testharness.js': harness, ...files })
}
