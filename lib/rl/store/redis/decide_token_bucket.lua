-- token_bucket: how much is taken out, in millionths, and when that was true.

local function token_bucket()
  local TOKEN = 1000000          -- millionths
  local FAR = 2 ^ 62
  local YEAR = 365 * 24 * 3600 * 1000000
  local function per_window(limit)
    return min(limit.base, limit.units) * TOKEN
  end

  local function refill(limit, elapsed)
    return min(floor(elapsed * per_window(limit) / limit.window), FAR)
  end

  -- How long it takes until `amount` millionths have come in.
  local function time_for(limit, amount)
    if amount <= 0 then
      return 0
    end
    local exact = amount * limit.window / per_window(limit)
    if not (exact < FAR) then
      return NEVER
    end
    local elapsed = floor(exact + 0.5)
    while elapsed > 0 and refill(limit, elapsed - 1) >= amount do
      elapsed = elapsed - 1
    end
    while refill(limit, elapsed) < amount do
      elapsed = elapsed + 1
    end
    return elapsed
  end

  local function look(charge)
    local state = read(charge.key)
    local at, taken = 0, 0
    if state then
      at, taken = unpack('<dd', state)
    end
    charge.at, charge.taken, charge.time = at, taken, max(now, at)
  end

  local function time_left(charge, amount)
    local whole = time_for(charge, amount)
    return whole == NEVER and NEVER or max(0, whole - (charge.time - charge.at))
  end

  local function wait(charge, cost)
    if cost > charge.units or charge.units == 0 then
      return NEVER
    end
    return cost == 0 and 0 or time_left(charge, charge.taken - (charge.units - cost) * TOKEN)
  end

  local function taken_now(charge)
    return charge.taken - min(charge.taken, refill(charge, charge.time - charge.at))
  end

  local function record(charge, cost)
    charge.taken = taken_now(charge) + cost * TOKEN
    charge.at = charge.time
    local slowest = max(1, min(charge.base, charge.degraded))
    local full = time_for({window = charge.window, units = slowest, base = slowest}, charge.taken)
    save(charge.key, pack('<dd', charge.at, charge.taken), min(full, YEAR))
  end

  local function usage(charge)
    local left = charge.units * TOKEN - taken_now(charge)
    local full = time_left(charge, charge.taken)
    return left > 0 and floor(left / TOKEN) or 0, (full == NEVER or full > YEAR) and YEAR or full
  end

  -- Not knowing what the level was then, nothing is taken as refilled since: too much may be held back, never too little.
  local record_at = record

  return {look = look, wait = wait, record = record, record_at = record_at, usage = usage}
end

