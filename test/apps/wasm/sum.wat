;; What sum.wasm was assembled of: adds up bytes of its memory, and tells the total to its importer too.
(module
  (import "env" "report" (func $report (param i32)))
  (memory (export "memory") 1)
  (func (export "sum") (param $at i32) (param $count i32) (result i32) (local $total i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $total (i32.add (local.get $total) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (call $report (local.get $total))
    (local.get $total))
  (func (export "trap")
    unreachable))
