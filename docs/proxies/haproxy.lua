-- The action rl_check: asks rlserver whether the request may pass, and answers it when it may not.
local limiter = "http://127.0.0.1:8080/v1/check"
local timeout_ms = 1000
local admit_when_down = true -- false: while the limiter does not answer, requests get 503

-- What rlserver is told of the request: its key and its route, never a client's own X-Original-URI.
local function question(txn)
  local headers = {
    ["x-original-method"] = { txn.sf:method() },
    ["x-original-uri"] = { txn.sf:pathq() },
  }
  for _, name in ipairs({ "x-api-key", "authorization" }) do
    local value = txn.sf:req_fhdr(name)
    if value and value ~= "" then
      headers[name] = { value }
    end
  end
  return headers
end

local function first(response, name)
  local values = response.headers and response.headers[name]
  return values and values[0]
end

core.register_action("rl_check", { "http-req" }, function(txn)
  local asked = { url = limiter, headers = question(txn), timeout = timeout_ms }
  local response = core.httpclient():get(asked)
  local status = response and response.status or 0
  if status == 200 then
    for variable, name in pairs({ limit = "limit", remaining = "remaining", reset = "reset" }) do
      txn:set_var("txn.rl_" .. variable, first(response, "x-ratelimit-" .. name))
    end
    txn.http:req_set_header("X-RateLimit-User", first(response, "x-ratelimit-user"))
    txn.http:req_set_header("X-RateLimit-Tier", first(response, "x-ratelimit-tier"))
    return
  end

  txn.http:req_del_header("X-RateLimit-User") -- nobody vouches for these
  txn.http:req_del_header("X-RateLimit-Tier")
  local undecided = status == 0 or status >= 500
  if undecided and admit_when_down then
    return
  end
  local reply = txn:reply({ status = undecided and 503 or status })
  if undecided then
    reply:add_header("retry-after", "1")
  else
    for _, name in ipairs({ "content-type", "cache-control", "www-authenticate", "retry-after", "x-ratelimit-limit",
                            "x-ratelimit-remaining", "x-ratelimit-reset" }) do
      local value = first(response, name)
      if value then
        reply:add_header(name, value)
      end
    end
    reply:set_body(response.body)
  end
  txn:done(reply)
end)
