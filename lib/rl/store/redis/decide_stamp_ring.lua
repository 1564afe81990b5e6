-- The stamps of a sliding_window when they are many: 'R', head, size and capacity of a ring and its slots, written in place and
-- never read as a whole.

local function stamp_ring()
  local HEAD = 25                -- bytes before its slots
  local rep, sub = string.rep, string.sub

  local function slots(charge, from, count)
    return call('GETRANGE', keys[charge.key], HEAD + 8 * from, HEAD + 8 * (from + count) - 1)
  end

  local function at(charge, index)
    return (unpack('<d', slots(charge, (charge.head + index) % charge.capacity, 1)))
  end

  -- How many of so many stamps have left the window, of which the first has.
  local function count_gone(charge, size)
    local low, high = 1, size
    while low < high do
      local middle = floor((low + high) / 2)
      if at(charge, middle) + charge.window > charge.time then
        high = middle
      else
        low = middle + 1
      end
    end
    return low
  end

  -- As that of a way to count; `text` is the begin of the state.
  local function look(charge, text)
    local size
    charge.head, size, charge.capacity = unpack('<ddd', text, 2)
    charge.time = max(now, at(charge, size - 1))
    if at(charge, 0) + charge.window <= charge.time then
      local gone = count_gone(charge, size)
      charge.head, size = (charge.head + gone) % charge.capacity, size - gone
    end
    charge.live, charge.oldest = size, size > 0 and at(charge, 0)
  end

  -- 'P' and the stamps.
  local function packed(charge)
    local count, first = charge.live, charge.head
    local before_wrap = min(count, charge.capacity - first)
    if count == 0 then
      return 'P'
    end
    local text = 'P' .. slots(charge, first, before_wrap)
    return before_wrap < count and text .. slots(charge, 0, count - before_wrap) or text
  end

  -- The state with so many packed stamps in a ring.
  local function of(charge, stamps, live)
    local capacity = min(2 * live, max(live, charge.units))
    return 'R' .. pack('<ddd', 0, live, capacity) .. sub(stamps, 2) .. rep('\0', 8 * (capacity - live))
  end

  -- Puts stamps behind those there are, for which there is room.
  local function append(charge, stamps, count)
    local key = keys[charge.key]
    local slot = (charge.head + charge.live) % charge.capacity
    local before_wrap = min(count, charge.capacity - slot)
    call('SETRANGE', key, HEAD + 8 * slot, sub(stamps, 1, 8 * before_wrap))
    if before_wrap < count then
      call('SETRANGE', key, HEAD, sub(stamps, 8 * before_wrap + 1))
    end
    call('SETRANGE', key, 1, pack('<dd', charge.head, charge.live + count))
    call('PEXPIRE', key, lifetimes[charge.window] or lifetime_ms(charge.window))
    states[charge.key] = nil
  end

  return {look = look, at = at, packed = packed, of = of, append = append}
end

