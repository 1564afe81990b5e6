-- sliding_counter and fixed_window: the start of the current window of the clock, its units, those of the one before.

local function window_counts(fixed)
  local function look(charge)
    local state = read(charge.key)
    local window = charge.window
    local start, current, previous = 0, 0, 0
    if state then
      start, current, previous = unpack('<ddd', state)
    end
    local begun = now - now % window
    if begun > start then
      previous = begun - start <= window and current or 0
      current = 0
      start = begun
    end
    charge.start, charge.current, charge.previous, charge.elapsed = start, current, previous, max(now, start) - start
  end

  local function estimate(previous, current, elapsed, window)
    return previous * (window - elapsed) / window + current
  end

  -- The first moment of a window, from its start, at which the estimate is at most `room`.
  local function first_fit(previous, current, room, window)
    if estimate(previous, current, 0, window) <= room then
      return 0
    end
    local elapsed = floor(window * (1.0 - (room - current) / previous) + 0.5)
    while elapsed > 0 and estimate(previous, current, elapsed - 1, window) <= room do
      elapsed = elapsed - 1
    end
    while estimate(previous, current, elapsed, window) > room do
      elapsed = elapsed + 1
    end
    return elapsed
  end

  local function wait(charge, cost)
    if cost > charge.units or charge.units == 0 then
      return NEVER
    end
    local room = charge.units - cost
    if fixed then
      return (cost == 0 or charge.current <= room) and 0 or charge.window - charge.elapsed
    end
    if cost == 0 or estimate(charge.previous, charge.current, charge.elapsed, charge.window) <= room then
      return 0
    end
    if charge.current <= room then
      return first_fit(charge.previous, charge.current, room, charge.window) - charge.elapsed
    end
    return charge.window - charge.elapsed + first_fit(charge.current, 0, room, charge.window)
  end

  local function record(charge, cost)
    charge.current = charge.current + cost
    save(charge.key, pack('<ddd', charge.start, charge.current, charge.previous), 2 * charge.window - charge.elapsed)
  end

  local function record_at(charge, cost, earlier)
    if earlier >= charge.start then
      record(charge, cost)
    elseif earlier >= charge.start - charge.window then
      charge.previous = charge.previous + cost
      record(charge, 0)
    end
  end

  local function usage(charge)
    if fixed then
      return charge.units - min(charge.current, charge.units), charge.current == 0 and 0 or charge.window - charge.elapsed
    end
    local used = estimate(charge.previous, charge.current, charge.elapsed, charge.window)
    local in_use = charge.current > 0 or charge.previous > 0
    return max(0, floor(charge.units - used)), in_use and charge.window - charge.elapsed or 0
  end

  return {look = look, wait = wait, record = record, record_at = record_at, usage = usage}
end

