#!lua
-- Decides charges in one atomic step. Charges with the same group number are one request: when every enforced one of them
-- fits, each that fits is counted; otherwise none is. Groups are decided in order, each after what the one before counted.
--
-- KEYS: the bucket of each charge, next to each other by group.
-- ARGV: the time to go by in µs, or 0 for that of this server; then for each charge a packed string of
--   mode (0 peek, 1 acquire, 2 record), algorithm (as in limit/rule.h), enforce (0 or 1), group number, how many times the
--   group is asked, units (the limit in force), base, degraded, cost, window in µs, deadline in µs of this server's time (0:
--   none), and for a record how many µs ago it was
-- Several requests for the same are one group that is asked so many times: the first of them get what there is.
-- Reply: the time gone by in µs, then for each charge
--   how many times it was counted (-1: the deadline of its group had passed and nothing was looked at), and for who did not
--   get it the retry-after in µs (0: it fits, -1: never): in this order, with remaining and reset in µs after what was counted,
--   counted, remaining, retry-after, reset
--
-- The algorithms are those of lib/rl/limit, in the same arithmetic (IEEE doubles), so that every store answers the same.
-- States are strings of packed doubles, which hold a µs exactly for 285 years. A denial writes nothing.

local CHARGE = '<BBBHI4I4I4I4I4ddd'
local ACQUIRE, RECORD = 1, 2
local NEVER = -1
local FAR = 2 ^ 62
local YEAR = 365 * 24 * 3600 * 1000000
local TOKEN = 1000000          -- a token bucket counts millionths
local MOST_PACKED = 128        -- stamps; above, they stand in a ring that is written in place
local PACKED_END = tostring(8 * MOST_PACKED)
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

-- Numbers go to commands as text that is made once: Redis would print each as a double, which costs more than a table look-up.
local lifetimes = {}

local function lifetime_ms(lifetime_us)
  local text = lifetimes[lifetime_us]
  if not text then
    text = string.format('%.0f', math.ceil(lifetime_us / 1000) + SLACK_MS)
    lifetimes[lifetime_us] = text
  end
  return text
end

local function save(key, value, lifetime_us)
  redis.call('SET', key, value, 'PX', lifetime_ms(lifetime_us))
end

-- sliding_window: the stamps of the admitted units, oldest first. 'P' and the stamps, or 'R', head, size and capacity of a
-- ring and its slots.

local Stamps = {}
Stamps.__index = Stamps

function Stamps:load()
  local text = redis.call('GETRANGE', self.key, '0', PACKED_END)
  self.text = text
  if text == '' then
    self.text = 'P'
  elseif string.byte(text) == 82 then  -- R
    self.head, self.size, self.capacity = struct.unpack('<ddd', text, 2)
  else
    self.size, self.capacity = (#text - 1) / 8, nil
  end
end

function Stamps:at(index)
  if not self.capacity then
    return unpack_at(self.text, 2 + 8 * index)
  end
  local from = RING_HEAD + 8 * ((self.head + index) % self.capacity)
  return unpack_at(redis.call('GETRANGE', self.key, from, from + 7), 1)
end

-- 'P' and the stamps from `index` on.
function Stamps:packed(index)
  if not self.capacity then
    return index == 0 and self.text or 'P' .. string.sub(self.text, 2 + 8 * index)
  end
  local count = self.size - index
  local first = (self.head + index) % self.capacity
  local before_wrap = math.min(count, self.capacity - first)
  if count == 0 then
    return 'P'
  end
  local text = 'P' .. redis.call('GETRANGE', self.key, RING_HEAD + 8 * first, RING_HEAD + 8 * (first + before_wrap) - 1)
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

function Stamps:replace(stamps, live, limit)
  if live <= MOST_PACKED then
    return save(self.key, stamps, limit.window)
  end
  local capacity = math.min(2 * live, math.max(live, limit.units))
  save(self.key, 'R' .. struct.pack('<ddd', 0, live, capacity) .. string.sub(stamps, 2) .. string.rep('\0', 8 * (capacity - live)),
    limit.window)
end

function Stamps:record(limit, cost)
  local live = self.live + cost
  local fresh = cost == 1 and pack(self.now) or string.rep(pack(self.now), cost)
  if self.capacity and live > MOST_PACKED and live <= self.capacity then
    local head = (self.head + self.gone) % self.capacity
    local slot = (head + self.live) % self.capacity
    local before_wrap = math.min(cost, self.capacity - slot)
    redis.call('SETRANGE', self.key, RING_HEAD + 8 * slot, string.sub(fresh, 1, 8 * before_wrap))
    if before_wrap < cost then
      redis.call('SETRANGE', self.key, RING_HEAD, string.sub(fresh, 8 * before_wrap + 1))
    end
    redis.call('SETRANGE', self.key, 1, struct.pack('<dd', head, live))
    redis.call('PEXPIRE', self.key, lifetime_ms(limit.window))
  else
    self:replace(self:packed(self.gone) .. fresh, live, limit)
  end
  self.oldest = self.live > 0 and self.oldest or self.now
  self.live = live
end

-- Units that were admitted at an earlier time stand where they belong.
function Stamps:record_at(limit, cost, at)
  if at + limit.window <= self.now then
    return
  end
  local index = self.live
  while index > 0 and self:at(self.gone + index - 1) > at do
    index = index - 1
  end
  local stamps = self:packed(self.gone)
  self.live = self.live + cost
  self:replace(string.sub(stamps, 1, 1 + 8 * index) .. string.rep(pack(at), cost) .. string.sub(stamps, 2 + 8 * index),
    self.live, limit)
  self.oldest = index == 0 and at or self.oldest
end

function Stamps:usage(limit)
  local reset = self.live == 0 and 0 or self.oldest + limit.window - self.now
  return limit.units - math.min(self.live, limit.units), reset
end

-- sliding_counter and fixed_window: the start of the current window of the clock, its units, those of the one before.

local Counts = {start = 0, current = 0, previous = 0}
Counts.__index = Counts

function Counts:load()
  local text = redis.call('GET', self.key)
  if text then
    self.start, self.current, self.previous = struct.unpack('<ddd', text)
  end
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
  if limit.fixed then
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

function Counts:record_at(limit, cost, at)
  if at >= self.start then
    self:record(limit, cost)
  elseif at >= self.start - limit.window then
    self.previous = self.previous + cost
    self:record(limit, 0)
  end
end

function Counts:usage(limit)
  if limit.fixed then
    return limit.units - math.min(self.current, limit.units), self.current == 0 and 0 or limit.window - self.elapsed
  end
  local used = estimate(self.previous, self.current, self.elapsed, limit.window)
  local in_use = self.current > 0 or self.previous > 0
  return math.max(0, math.floor(limit.units - used)), in_use and limit.window - self.elapsed or 0
end

-- token_bucket: how much is taken out, in millionths, and when that was true.

local Level = {at = 0, taken = 0}
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

function Level:load()
  local text = redis.call('GET', self.key)
  if text then
    self.at, self.taken = struct.unpack('<dd', text)
  end
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

-- Not knowing what the level was then, nothing is taken as refilled since: too much may be held back, never too little.
Level.record_at = Level.record

function Level:usage(limit)
  local left = limit.units * TOKEN - self:taken_now(limit)
  local full = self:time_left(limit, self.taken)
  return left > 0 and math.floor(left / TOKEN) or 0, (full == NEVER or full > YEAR) and YEAR or full
end

local KINDS = {[0] = Stamps, Counts, Level, Counts}
local FIXED_WINDOW = 3

-- The server's time, at most once.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- A charge is its limit and the state of its bucket in one table.
local function read_charge(index)
  local mode, algorithm, enforce, group, times, units, base, degraded, cost, window, deadline, age =
    struct.unpack(CHARGE, ARGV[index + 1])
  return setmetatable({
    key = KEYS[index], mode = mode, fixed = algorithm == FIXED_WINDOW, enforced = enforce == 1, group = group, times = times,
    units = units, base = base, degraded = degraded, cost = cost, window = window, deadline = deadline, age = age, waits = 0,
    now = now, text = 'P', size = 0, head = 0, gone = 0, live = 0, oldest = now,  -- of Stamps, here so that the table is made once
  }, KINDS[algorithm])
end

-- Whether each enforced charge of the group fits so many times.
local function fits(charges, times)
  for i = 1, #charges do
    local charge = charges[i]
    if charge.enforced and charge:wait(charge, charge.cost * times) ~= 0 then
      return false
    end
  end
  return true
end

-- How often a group fits that fits once.
local function most_times(charges, asked)
  local most, too_many, try = 1, asked + 1, asked
  while most + 1 < too_many do
    if fits(charges, try) then
      most = try
    else
      too_many = try
    end
    try = math.floor((most + too_many) / 2)
  end
  return most
end

local reply = {now}
local size = 1

local function decide(charges)
  local mode, deadline, times = charges[1].mode, charges[1].deadline, charges[1].times
  local late = deadline > 0 and now > deadline
  local all_fit = not late
  for i = 1, late and 0 or #charges do
    local charge = charges[i]
    charge:load()
    charge:look(charge, now)
    charge.waits = charge:wait(charge, charge.cost)
    all_fit = all_fit and (charge.waits == 0 or not charge.enforced)
  end
  local admitted = mode == ACQUIRE and all_fit and (times == 1 and 1 or most_times(charges, times)) or 0
  for i = 1, #charges do
    local charge = charges[i]
    local granted, remaining, reset = late and -1 or 0, 0, 0
    if mode == RECORD and not late then
      charge:record_at(charge, charge.cost, now - charge.age)
    elseif admitted > 0 and charge.waits == 0 then
      granted = admitted
      if charge.cost > 0 then
        charge:record(charge, charge.cost * admitted)
      end
      if admitted < times then  -- for those who got nothing
        charge:load()
        charge:look(charge, now)
        charge.waits = charge:wait(charge, charge.cost)
      end
    end
    if not late then
      remaining, reset = charge:usage(charge)
    end
    reply[size + 1], reply[size + 2], reply[size + 3], reply[size + 4] = granted, remaining, charge.waits or 0, reset
    size = size + 4
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
