#!lua
-- Decides charges in one atomic step. Charges with the same group number are one request: when every enforced one of them
-- fits, each that fits is counted; otherwise none is. Groups are decided in order, each after what the one before counted.
--
-- KEYS: the bucket of each charge, next to each other by group.
-- ARGV: the time to go by in µs, or 0 for that of this server; then for each charge
--   group, mode (acquire | peek | force), deadline in µs of this server's time (0: none), algorithm, window in µs,
--   units (the limit in force), base, degraded, cost, enforce (1 | 0)
-- Reply: the time gone by in µs, then for each charge
--   fits (1 | 0, or -1: its deadline had passed and nothing was looked at), remaining, retry-after in µs (-1: never),
--   reset in µs
--
-- The algorithms are those of lib/rl/limit, in the same arithmetic (IEEE doubles), so that every store answers the same.
-- States are strings of packed doubles, which hold a µs exactly for 285 years. A denial writes nothing.

local FIELDS = 10
local NEVER = -1
local FAR = 2 ^ 62
local YEAR = 365 * 24 * 3600 * 1000000
local TOKEN = 1000000          -- a token bucket counts millionths
local MOST_PACKED = 128        -- stamps; above, they stand in a ring that is written in place
local RING_HEAD = 25           -- bytes before its slots
local SLACK_MS = 1000          -- how long a state outlives its use

local function pack(number)
  return struct.pack('<d', number)
end

local function unpack_at(text, position)
  return (struct.unpack('<d', text, position))
end

local function round(number)
  return math.floor(number + 0.5)
end

local function save(key, value, lifetime_us)
  redis.call('SET', key, value, 'PX', string.format('%.0f', math.ceil(lifetime_us / 1000) + SLACK_MS))
end

-- sliding_window: the stamps of the admitted units, oldest first. 'P' and the stamps, or 'R', head, size and capacity of a
-- ring and its slots.

local Stamps = {}
Stamps.__index = Stamps

function Stamps.load(key)
  local stamps = setmetatable({key = key, size = 0, head = 0, text = 'P'}, Stamps)
  local text = redis.call('GETRANGE', key, 0, 8 * MOST_PACKED)
  if text ~= '' then
    stamps.text = text
    if string.sub(text, 1, 1) == 'R' then
      stamps.head, stamps.size, stamps.capacity = struct.unpack('<ddd', text, 2)
    else
      stamps.size = (#text - 1) / 8
    end
  end
  return stamps
end

function Stamps:at(index)
  if not self.capacity then
    return unpack_at(self.text, 2 + 8 * index)
  end
  local from = RING_HEAD + 8 * ((self.head + index) % self.capacity)
  return unpack_at(redis.call('GETRANGE', self.key, from, from + 7), 1)
end

-- The packed stamps from `index` on.
function Stamps:packed(index)
  if not self.capacity then
    return string.sub(self.text, 2 + 8 * index)
  end
  local count = self.size - index
  local first = (self.head + index) % self.capacity
  local before_wrap = math.min(count, self.capacity - first)
  if count == 0 then
    return ''
  end
  local text = redis.call('GETRANGE', self.key, RING_HEAD + 8 * first, RING_HEAD + 8 * (first + before_wrap) - 1)
  if before_wrap < count then
    text = text .. redis.call('GETRANGE', self.key, RING_HEAD, RING_HEAD + 8 * (count - before_wrap) - 1)
  end
  return text
end

function Stamps:look(limit, now)
  self.now = now
  if self.size > 0 then
    self.now = math.max(now, self:at(self.size - 1))
  end
  self.gone = 0
  if self.size > 0 and self:at(0) + limit.window <= self.now then
    local low, high = 1, self.size
    while low < high do
      local middle = math.floor((low + high) / 2)
      if self:at(middle) + limit.window > self.now then
        high = middle
      else
        low = middle + 1
      end
    end
    self.gone = low
  end
  self.live = self.size - self.gone
  if self.live > 0 then
    self.oldest = self:at(self.gone)
  end
end

function Stamps:wait(limit, cost)
  if cost > limit.units or limit.units == 0 then
    return NEVER
  end
  local wanted = self.live + cost
  if wanted <= limit.units or cost == 0 then
    return 0
  end
  return self:at(self.gone + wanted - limit.units - 1) + limit.window - self.now
end

function Stamps:record(limit, cost)
  local live = self.live + cost
  local fresh = string.rep(pack(self.now), cost)
  if live <= MOST_PACKED then
    save(self.key, 'P' .. self:packed(self.gone) .. fresh, limit.window)
  elseif self.capacity and live <= self.capacity then
    local head = (self.head + self.gone) % self.capacity
    local slot = (head + self.live) % self.capacity
    local before_wrap = math.min(cost, self.capacity - slot)
    redis.call('SETRANGE', self.key, RING_HEAD + 8 * slot, string.sub(fresh, 1, 8 * before_wrap))
    if before_wrap < cost then
      redis.call('SETRANGE', self.key, RING_HEAD, string.sub(fresh, 8 * before_wrap + 1))
    end
    redis.call('SETRANGE', self.key, 1, struct.pack('<dd', head, live))
    redis.call('PEXPIRE', self.key, string.format('%.0f', math.ceil(limit.window / 1000) + SLACK_MS))
  else
    local capacity = 2 * live
    save(self.key, 'R' .. struct.pack('<ddd', 0, live, capacity) .. self:packed(self.gone) .. fresh
      .. string.rep('\0', 8 * (capacity - live)), limit.window)
  end
  self.oldest = self.live > 0 and self.oldest or self.now
  self.live = live
end

function Stamps:usage(limit)
  local reset = self.live == 0 and 0 or self.oldest + limit.window - self.now
  return limit.units - math.min(self.live, limit.units), reset
end

-- sliding_counter and fixed_window: the start of the current window of the clock, its units, those of the one before.

local Counts = {}
Counts.__index = Counts

function Counts.load(key)
  local counts = setmetatable({key = key, start = 0, current = 0, previous = 0}, Counts)
  local text = redis.call('GET', key)
  if text then
    counts.start, counts.current, counts.previous = struct.unpack('<ddd', text)
  end
  return counts
end

function Counts:look(limit, now)
  local begun = now - now % limit.window
  if begun > self.start then
    self.previous = begun - self.start <= limit.window and self.current or 0
    self.current = 0
    self.start = begun
  end
  self.elapsed = math.max(now, self.start) - self.start
end

local function estimate(previous, current, elapsed, window)
  return previous * (window - elapsed) / window + current
end

-- The first moment of a window, from its start, at which the estimate is at most `room`.
local function first_fit(previous, current, room, window)
  if estimate(previous, current, 0, window) <= room then
    return 0
  end
  local elapsed = round(window * (1.0 - (room - current) / previous))
  while elapsed > 0 and estimate(previous, current, elapsed - 1, window) <= room do
    elapsed = elapsed - 1
  end
  while estimate(previous, current, elapsed, window) > room do
    elapsed = elapsed + 1
  end
  return elapsed
end

function Counts:wait(limit, cost)
  if cost > limit.units or limit.units == 0 then
    return NEVER
  end
  local room = limit.units - cost
  if limit.algorithm == 'fixed_window' then
    return (cost == 0 or self.current <= room) and 0 or limit.window - self.elapsed
  end
  if cost == 0 or estimate(self.previous, self.current, self.elapsed, limit.window) <= room then
    return 0
  end
  if self.current <= room then
    return first_fit(self.previous, self.current, room, limit.window) - self.elapsed
  end
  return limit.window - self.elapsed + first_fit(self.current, 0, room, limit.window)
end

function Counts:record(limit, cost)
  self.current = self.current + cost
  save(self.key, struct.pack('<ddd', self.start, self.current, self.previous), 2 * limit.window - self.elapsed)
end

function Counts:usage(limit)
  if limit.algorithm == 'fixed_window' then
    return limit.units - math.min(self.current, limit.units), self.current == 0 and 0 or limit.window - self.elapsed
  end
  local used = estimate(self.previous, self.current, self.elapsed, limit.window)
  local in_use = self.current > 0 or self.previous > 0
  return math.max(0, math.floor(limit.units - used)), in_use and limit.window - self.elapsed or 0
end

-- token_bucket: how much is taken out, in millionths, and when that was true.

local Level = {}
Level.__index = Level

local function per_window(limit)
  return math.min(limit.base, limit.units) * TOKEN
end

local function refill(limit, elapsed)
  return math.min(math.floor(elapsed * per_window(limit) / limit.window), FAR)
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

function Level.load(key)
  local level = setmetatable({key = key, at = 0, taken = 0}, Level)
  local text = redis.call('GET', key)
  if text then
    level.at, level.taken = struct.unpack('<dd', text)
  end
  return level
end

function Level:look(limit, now)
  self.now = math.max(now, self.at)
end

function Level:time_left(limit, amount)
  local whole = time_for(limit, amount)
  return whole == NEVER and NEVER or math.max(0, whole - (self.now - self.at))
end

function Level:wait(limit, cost)
  if cost > limit.units or limit.units == 0 then
    return NEVER
  end
  return cost == 0 and 0 or self:time_left(limit, self.taken - (limit.units - cost) * TOKEN)
end

function Level:taken_now(limit)
  return self.taken - math.min(self.taken, refill(limit, self.now - self.at))
end

function Level:record(limit, cost)
  self.taken = self:taken_now(limit) + cost * TOKEN
  self.at = self.now
  local slowest = math.max(1, math.min(limit.base, limit.degraded))
  local full = time_for({window = limit.window, units = slowest, base = slowest}, self.taken)
  save(self.key, struct.pack('<dd', self.at, self.taken), math.min(full, YEAR))
end

function Level:usage(limit)
  local left = limit.units * TOKEN - self:taken_now(limit)
  local full = self:time_left(limit, self.taken)
  return left > 0 and math.floor(left / TOKEN) or 0, (full == NEVER or full > YEAR) and YEAR or full
end

local KINDS = {sliding_window = Stamps, sliding_counter = Counts, fixed_window = Counts, token_bucket = Level}

-- The server's time, at most once.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function read_charge(index)
  local field = 2 + (index - 1) * FIELDS
  return {
    key = KEYS[index],
    group = ARGV[field],
    mode = ARGV[field + 1],
    deadline = tonumber(ARGV[field + 2]),
    limit = {
      algorithm = ARGV[field + 3],
      window = tonumber(ARGV[field + 4]),
      units = tonumber(ARGV[field + 5]),
      base = tonumber(ARGV[field + 6]),
      degraded = tonumber(ARGV[field + 7]),
    },
    cost = tonumber(ARGV[field + 8]),
    enforce = ARGV[field + 9] == '1',
  }
end

local reply = {now}

local function decide(charges)
  local late = charges[1].deadline > 0 and now > charges[1].deadline
  local all_fit = true
  for _, charge in ipairs(charges) do
    if not late then
      charge.state = KINDS[charge.limit.algorithm].load(charge.key)
      charge.state:look(charge.limit, now)
      charge.wait = charge.state:wait(charge.limit, charge.cost)
      all_fit = all_fit and (charge.wait == 0 or not charge.enforce)
    end
  end
  for _, charge in ipairs(charges) do
    if late then
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = -1, 0, 0, 0
    else
      local counts = charge.mode == 'acquire' and all_fit and charge.wait == 0 or charge.mode == 'force'
      if counts and charge.cost > 0 then
        charge.state:record(charge.limit, charge.cost)
      end
      local at = #reply
      reply[at + 1] = charge.wait == 0 and 1 or 0
      reply[at + 2], reply[at + 4] = charge.state:usage(charge.limit)
      reply[at + 3] = charge.wait
    end
  end
end

local group = {}
for index = 1, #KEYS do
  local charge = read_charge(index)
  if group[1] and group[1].group ~= charge.group then
    decide(group)
    group = {}
  end
  group[#group + 1] = charge
end
if group[1] then
  decide(group)
end
return reply
