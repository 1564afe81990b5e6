-- token_bucket: how much is taken out, in millionths, and when that was true.

local function token_bucket()
  local TOKEN = 1000000          -- millionths
  local FAR = 2 ^ 62
  local YEAR = 365 * 24 * 3600 * 1000000

  local Level = {}

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
    local elapsed = round(exact)
    while elapsed > 0 and refill(limit, elapsed - 1) >= amount do
      elapsed = elapsed - 1
    end
    while refill(limit, elapsed) < amount do
      elapsed = elapsed + 1
    end
    return elapsed
  end

  function Level.load(self)
    local text = call('GET', self.key)
    self.at, self.taken = 0, 0
    if text then
      self.at, self.taken = unpack('<dd', text)
    end
  end

  function Level.look(self, now)
    self.now = max(now, self.at)
  end

  local function time_left(self, amount)
    local whole = time_for(self, amount)
    return whole == NEVER and NEVER or max(0, whole - (self.now - self.at))
  end

  function Level.wait(self, cost)
    if cost > self.units or self.units == 0 then
      return NEVER
    end
    return cost == 0 and 0 or time_left(self, self.taken - (self.units - cost) * TOKEN)
  end

  local function taken_now(self)
    return self.taken - min(self.taken, refill(self, self.now - self.at))
  end

  function Level.record(self, cost)
    self.taken = taken_now(self) + cost * TOKEN
    self.at = self.now
    local slowest = max(1, min(self.base, self.degraded))
    local full = time_for({window = self.window, units = slowest, base = slowest}, self.taken)
    save(self.key, pack('<dd', self.at, self.taken), min(full, YEAR))
  end

  -- Not knowing what the level was then, nothing is taken as refilled since: too much may be held back, never too little.
  Level.record_at = Level.record

  function Level.usage(self)
    local left = self.units * TOKEN - taken_now(self)
    local full = time_left(self, self.taken)
    return left > 0 and floor(left / TOKEN) or 0, (full == NEVER or full > YEAR) and YEAR or full
  end

  return Level
end

