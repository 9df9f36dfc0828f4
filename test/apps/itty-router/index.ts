import { AutoRouter, cors, error, type IRequest, StatusError } from 'itty-router'

const { preflight } = cors({ origin: 'https://app.example' })
const todos = new Map([['1', { id: '1', text: 'build' }]])

const withUser = (request: IRequest) => {
  const user = request.headers.get('x-user')
  if (user === null) return error(401, 'who are you?')
  request.user = user
}

const router = AutoRouter({ base: '/itty', before: [preflight] })

router
  .get('/todos', () => [...todos.values()])
  .get('/todos/:id', ({ params }: IRequest) => todos.get(params.id!) ?? error(404, 'no such todo'))
  .post('/todos', withUser, async (request: IRequest) => {
    const { text } = await request.json()
    if (text === undefined) throw new StatusError(422, { error: 'text is missing' })
    return { by: request.user, text }
  })
  .get('/search', ({ query }: IRequest) => query)
  .get('/files/:path+', ({ params }: IRequest) => params.path)
  .get('/raw', () => new Response('raw', { status: 203 }))
  .get('/broken', () => {
    throw new Error('out of order')
  })

export default { ...router }
