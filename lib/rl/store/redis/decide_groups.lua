-- What is asked, group by group.

local TERMS, TERMS_SIZE = '<BBBI4I4I4I4I4dd', 39
local CHARGE, CHARGE_SIZE = '<I2I2I2', 6
local SLIDING_WINDOW, SLIDING_COUNTER, TOKEN_BUCKET, FIXED_WINDOW = 0, 1, 2, 3

-- A table for each of the terms: it is the charge under these terms that is being decided.
local charges = {}
local terms = ARGV[3]
for at = 1, #terms, TERMS_SIZE do
  local algorithm, enforce, mode, times, units, base, degraded, cost, window, age = unpack(TERMS, terms, at)
  charges[#charges + 1] = {
    algorithm = algorithm, enforce = enforce == 1, mode = mode, times = times, units = units, base = base, degraded = degraded,
    cost = cost, window = window, age = age,
    acquire_alone = algorithm == SLIDING_WINDOW and mode == ACQUIRE and times == 1 and acquire_alone,
  }
end

local reply, size = {now, 0, 0, 0, 0}, 1     -- room for one charge

local function answer(granted, remaining, waits, reset)
  reply[size + 1], reply[size + 2], reply[size + 3], reply[size + 4] = granted, remaining, waits, reset
  size = size + 4
end

-- What decides a group that is not simply one acquisition: a function of its charges and their number.
local function any_group()
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

  -- Whether each enforced charge of the group fits so many times.
  local function fits(group, count, times)
    for i = 1, count do
      local charge = group[i]
      if charge.enforce and charge.way.wait(charge, charge.cost * times) ~= 0 then
        return false
      end
    end
    return true
  end

  -- How often a group fits that fits once.
  local function most_times(group, count, asked)
    local most, too_many, try = 1, asked + 1, asked
    while most + 1 < too_many do
      if fits(group, count, try) then
        most = try
      else
        too_many = try
      end
      try = floor((most + too_many) / 2)
    end
    return most
  end

  local function look(charge)
    local way = charge.way
    way.look(charge)
    charge.waits = way.wait(charge, charge.cost)
  end

  return function(group, count)
    local mode, times = group[1].mode, group[1].times
    local all_fit = true
    for i = 1, count do
      local charge = group[i]
      charge.way = ways[charge.algorithm] or way_of(charge.algorithm)
      look(charge)
      all_fit = all_fit and (charge.waits == 0 or not charge.enforce)
    end
    local admitted = mode == ACQUIRE and all_fit and (times == 1 and 1 or most_times(group, count, times)) or 0
    for i = 1, count do
      local charge = group[i]
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
end

local asked, at, number = ARGV[4], 1, 0
local group, decide = {}, nil
local may_be_late = first_deadline > 0 and now > first_deadline

while at <= #asked do
  local key, under, count = unpack(CHARGE, asked, at)
  local charge = charges[under]
  number = number + 1
  local granted, remaining, waits, reset
  if may_be_late and now > unpack('<d', ARGV[2], HEADER_SIZE + 8 * number - 7) then
    for _ = 1, count do
      answer(-1, 0, 0, 0)
    end
  else
    if count == 1 and charge.acquire_alone then
      granted, remaining, waits, reset = acquire_alone(charge, key)
    end
    if granted then
      answer(granted, remaining, waits, reset)
    else
      for i = 1, count do
        key, under = unpack(CHARGE, asked, at + (i - 1) * CHARGE_SIZE)
        group[i] = charges[under]
        group[i].key = key
      end
      decide = decide or any_group()
      decide(group, count)
    end
  end
  at = at + count * CHARGE_SIZE
end
return reply
