-- What is asked, group by group.

local SLIDING_COUNTER, TOKEN_BUCKET, FIXED_WINDOW = 1, 2, 3

local ways = {}

-- How that algorithm counts, made when it is first asked for.
local function way_of(algorithm)
  local way
  if algorithm == SLIDING_COUNTER or algorithm == FIXED_WINDOW then
    way = window_counts(algorithm == FIXED_WINDOW)
  elseif algorithm == TOKEN_BUCKET then
    way = token_bucket()
  else
    way = sliding_window()
  end
  ways[algorithm] = way
  return way
end

-- The server's time, at most once.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- A place for what is asked of one bucket and what its way to count keeps of it, large enough from the start.
local function new_charge()
  return {
    key = '', mode = 0, enforce = 0, group = 0, times = 0, units = 0, base = 0, degraded = 0, cost = 0, window = 0, deadline = 0,
    age = 0, waits = 0, way = false, now = 0, text = '', size = 0, head = 0, gone = 0, live = 0, oldest = 0,
  }
end

-- Reads into `charge` what is asked of one bucket: a group leaves its tables to the next. What a way to count keeps there it
-- sets before it reads it.
local function read_charge(charge, index)
  local algorithm
  charge.key = KEYS[index]
  charge.mode, algorithm, charge.enforce, charge.group, charge.times, charge.units, charge.base, charge.degraded, charge.cost,
    charge.window, charge.deadline, charge.age = unpack(CHARGE, ARGV[index + 1])
  charge.way = ways[algorithm] or way_of(algorithm)
  charge.waits = 0
end

-- Whether each enforced charge of the group fits so many times.
local function fits(charges, count, times)
  for i = 1, count do
    local charge = charges[i]
    if charge.enforce == 1 and charge.way.wait(charge, charge.cost * times) ~= 0 then
      return false
    end
  end
  return true
end

-- How often a group fits that fits once.
local function most_times(charges, count, asked)
  local most, too_many, try = 1, asked + 1, asked
  while most + 1 < too_many do
    if fits(charges, count, try) then
      most = try
    else
      too_many = try
    end
    try = floor((most + too_many) / 2)
  end
  return most
end

local reply = {now}
local size = 1

local function answer(granted, remaining, waits, reset)
  reply[size + 1], reply[size + 2], reply[size + 3], reply[size + 4] = granted, remaining, waits, reset
  size = size + 4
end

local function look(charge)
  local way = charge.way
  way.load(charge)
  way.look(charge, now)
  charge.waits = way.wait(charge, charge.cost)
end

-- Decides the first `count` of the charges, which are one group.
local function decide(charges, count)
  local first = charges[1]
  local mode, deadline, times = first.mode, first.deadline, first.times
  if deadline > 0 and now > deadline then
    for _ = 1, count do
      answer(-1, 0, 0, 0)
    end
    return
  end
  local all_fit = true
  for i = 1, count do
    local charge = charges[i]
    look(charge)
    all_fit = all_fit and (charge.waits == 0 or charge.enforce == 0)
  end
  local admitted = mode == ACQUIRE and all_fit and (times == 1 and 1 or most_times(charges, count, times)) or 0
  for i = 1, count do
    local charge = charges[i]
    local way, granted = charge.way, 0
    if mode == RECORD then
      way.record_at(charge, charge.cost, now - charge.age)
    elseif admitted > 0 and charge.waits == 0 then
      granted = admitted
      if charge.cost > 0 then
        way.record(charge, charge.cost * admitted)
      end
      if admitted < times then  -- for those who got nothing
        look(charge)
      end
    end
    local remaining, reset = way.usage(charge)
    answer(granted, remaining, charge.waits, reset)
  end
end

local charges, count = {}, 0
for index = 1, #KEYS do
  local charge = charges[count + 1] or new_charge()
  read_charge(charge, index)
  if count > 0 and charges[1].group ~= charge.group then
    decide(charges, count)
    charges[1], charges[count + 1], count = charge, charges[1], 0
  end
  count = count + 1
  charges[count] = charge
end
if count > 0 then
  decide(charges, count)
end
return reply
