-- sliding_window: the stamps of the admitted units, oldest first. 'P' and the stamps, or a ring (decide_stamp_ring.lua).

local MOST_PACKED = 128        -- stamps; above, they stand in a ring
local PACKED_END = 8 * MOST_PACKED
local stamp_of_now = pack('<d', now)

-- Packed stamps without those up to `edge`, of which the first is one.
local function stamps_after(edge, text)
  local low, high = 1, (#text - 1) / 8
  while low < high do
    local middle = floor((low + high) / 2)
    if unpack('<d', text, 2 + 8 * middle) > edge then
      high = middle
    else
      low = middle + 1
    end
  end
  return 'P' .. string.sub(text, 2 + 8 * low)
end

-- Acquires for a charge that is alone in its group and asked once, as most are: in one step what look(), wait(), record() and
-- usage() below come to. Nothing when it is not that simple.
local function acquire_alone(charge, key)
  local text = states[key]
  local units, cost, window = charge.units, charge.cost, charge.window
  if text == nil or cost == 0 or cost > units then
    return
  end
  text = text or 'P'
  local length = #text
  if length + 8 * cost > 1 + PACKED_END then
    return
  end
  local time, oldest = now, now
  if length > 1 then
    local newest = unpack('<d', text, length - 7)
    if newest > now then
      time = newest
    end
    oldest = unpack('<d', text, 2)
    if oldest + window <= time then
      text = stamps_after(time - window, text)
      length = #text
      oldest = length > 1 and unpack('<d', text, 2) or time
    end
  end
  local live = (length - 1) / 8
  local left = units - live - cost
  if left < 0 then
    local in_the_way = left == -1 and oldest or unpack('<d', text, 2 - 8 * (left + 1))
    return 0, live < units and units - live or 0, in_the_way + window - time, oldest + window - time
  end
  local stamp = time == now and stamp_of_now or pack('<d', time)
  save(key, text .. (cost == 1 and stamp or string.rep(stamp, cost)), window)
  return 1, left, 0, oldest + window - time
end

local function sliding_window()
  local RING = 82                -- 'R'
  local rep, sub = string.rep, string.sub
  local ring                     -- made when there is one

  local function at(charge, index)
    if charge.capacity then
      return ring.at(charge, index)
    end
    return (unpack('<d', charge.text, 2 + 8 * index))
  end

  local function look(charge)
    local text = states[charge.key]
    if text == nil then
      text = call('GETRANGE', keys[charge.key], 0, PACKED_END)
    end
    charge.time, charge.capacity = now, false
    if not text or #text <= 1 then
      charge.text, charge.live = 'P', 0
      return
    end
    if #text > PACKED_END and string.byte(text) == RING then
      ring = ring or stamp_ring()
      return ring.look(charge, text)
    end
    charge.time = max(now, unpack('<d', text, #text - 7))
    local edge = charge.time - charge.window
    if unpack('<d', text, 2) <= edge then
      text = stamps_after(edge, text)
    end
    charge.text, charge.live = text, (#text - 1) / 8
    charge.oldest = charge.live > 0 and at(charge, 0)
  end

  local function wait(charge, cost)
    local units = charge.units
    if cost > units or units == 0 then
      return NEVER
    end
    local wanted = charge.live + cost
    if wanted <= units or cost == 0 then
      return 0
    end
    return at(charge, wanted - units - 1) + charge.window - charge.time
  end

  -- Puts such packed stamps in place of what there was.
  local function replace(charge, stamps, live)
    if live > MOST_PACKED then
      ring = ring or stamp_ring()
      stamps = ring.of(charge, stamps, live)
    end
    save(charge.key, stamps, charge.window)
  end

  local function packed(charge)
    return charge.capacity and ring.packed(charge) or charge.text
  end

  local function record(charge, cost)
    local live = charge.live + cost
    local fresh = rep(pack('<d', charge.time), cost)
    if charge.capacity and live > MOST_PACKED and live <= charge.capacity then
      ring.append(charge, fresh, cost)
    else
      replace(charge, packed(charge) .. fresh, live)
    end
    if charge.live == 0 then
      charge.oldest = charge.time
    end
    charge.live = live
  end

  -- Units that were admitted at an earlier time stand where they belong.
  local function record_at(charge, cost, earlier)
    if earlier + charge.window <= charge.time then
      return
    end
    local index = charge.live
    while index > 0 and at(charge, index - 1) > earlier do
      index = index - 1
    end
    local stamps = packed(charge)
    charge.live = charge.live + cost
    replace(charge, sub(stamps, 1, 1 + 8 * index) .. rep(pack('<d', earlier), cost) .. sub(stamps, 2 + 8 * index), charge.live)
    charge.oldest = index == 0 and earlier or charge.oldest
  end

  local function usage(charge)
    local live, units = charge.live, charge.units
    return live < units and units - live or 0, live == 0 and 0 or charge.oldest + charge.window - charge.time
  end

  return {look = look, wait = wait, record = record, record_at = record_at, usage = usage}
end

