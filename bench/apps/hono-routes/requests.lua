-- All thirty routes in turn.
local requests = {}
local at = 0

function init()
  local json = { ["content-type"] = "application/json" }
  local body = '{"title":"A Pattern Language","year":1977,"tags":["a","b"]}'
  for _, name in ipairs({ "users", "orders", "items", "carts", "invoices" }) do
    local path = "/" .. name
    for _, get in ipairs({ path, path .. "/stats", path .. "/17", path .. "/17/parts?page=2", path .. "/17/parts/4" }) do
      table.insert(requests, wrk.format("GET", get))
    end
    table.insert(requests, wrk.format("POST", path, json, body))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
