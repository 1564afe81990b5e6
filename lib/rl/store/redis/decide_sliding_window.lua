-- sliding_window: the stamps of the admitted units, oldest first. 'P' and the stamps, or 'R', head, size and capacity of a
-- ring and its slots.

local function sliding_window()
  local MOST_PACKED = 128        -- stamps; above, they stand in a ring that is written in place
  local PACKED_END = tostring(8 * MOST_PACKED)
  local RING = 82                -- 'R'
  local RING_HEAD = 25           -- bytes before its slots
  local byte, rep, sub = string.byte, string.rep, string.sub

  local Stamps = {}

  function Stamps.load(self)
    local text = call('GETRANGE', self.key, '0', PACKED_END)
    self.text, self.head, self.size, self.capacity = text, 0, 0, nil
    if text == '' then
      self.text = 'P'
    elseif byte(text) == RING then
      self.head, self.size, self.capacity = unpack('<ddd', text, 2)
    else
      self.size = (#text - 1) / 8
    end
  end

  local function at(self, index)
    if not self.capacity then
      return (unpack('<d', self.text, 2 + 8 * index))
    end
    local from = RING_HEAD + 8 * ((self.head + index) % self.capacity)
    return (unpack('<d', call('GETRANGE', self.key, from, from + 7)))
  end

  -- 'P' and the stamps from `index` on.
  local function packed(self, index)
    if not self.capacity then
      return index == 0 and self.text or 'P' .. sub(self.text, 2 + 8 * index)
    end
    local count = self.size - index
    local first = (self.head + index) % self.capacity
    local before_wrap = min(count, self.capacity - first)
    if count == 0 then
      return 'P'
    end
    local text = 'P' .. call('GETRANGE', self.key, RING_HEAD + 8 * first, RING_HEAD + 8 * (first + before_wrap) - 1)
    if before_wrap < count then
      text = text .. call('GETRANGE', self.key, RING_HEAD, RING_HEAD + 8 * (count - before_wrap) - 1)
    end
    return text
  end

  -- The first stamp that is still inside the window, of which the one at 0 is not.
  local function first_inside(self)
    local low, high = 1, self.size
    while low < high do
      local middle = floor((low + high) / 2)
      if at(self, middle) + self.window > self.now then
        high = middle
      else
        low = middle + 1
      end
    end
    return low
  end

  function Stamps.look(self, now)
    local size = self.size
    self.now, self.gone, self.live = now, 0, size
    if size == 0 then
      return
    end
    local oldest = at(self, 0)
    local newest = size == 1 and oldest or at(self, size - 1)
    if newest > now then
      self.now = newest
    end
    if oldest + self.window <= self.now then
      local gone = first_inside(self)
      self.gone, self.live = gone, size - gone
      oldest = gone < size and at(self, gone)
    end
    self.oldest = oldest
  end

  function Stamps.wait(self, cost)
    if cost > self.units or self.units == 0 then
      return NEVER
    end
    local wanted = self.live + cost
    if wanted <= self.units or cost == 0 then
      return 0
    end
    return at(self, self.gone + wanted - self.units - 1) + self.window - self.now
  end

  local function replace(self, stamps, live)
    if live <= MOST_PACKED then
      return save(self.key, stamps, self.window)
    end
    local capacity = min(2 * live, max(live, self.units))
    save(self.key, 'R' .. pack('<ddd', 0, live, capacity) .. sub(stamps, 2) .. rep('\0', 8 * (capacity - live)), self.window)
  end

  function Stamps.record(self, cost)
    local live = self.live + cost
    local fresh = pack('<d', self.now)
    if cost > 1 then
      fresh = rep(fresh, cost)
    end
    if self.capacity and live > MOST_PACKED and live <= self.capacity then
      local head = (self.head + self.gone) % self.capacity
      local slot = (head + self.live) % self.capacity
      local before_wrap = min(cost, self.capacity - slot)
      call('SETRANGE', self.key, RING_HEAD + 8 * slot, sub(fresh, 1, 8 * before_wrap))
      if before_wrap < cost then
        call('SETRANGE', self.key, RING_HEAD, sub(fresh, 8 * before_wrap + 1))
      end
      call('SETRANGE', self.key, 1, pack('<dd', head, live))
      call('PEXPIRE', self.key, lifetime_ms(self.window))
    else
      replace(self, packed(self, self.gone) .. fresh, live)
    end
    if self.live == 0 then
      self.oldest = self.now
    end
    self.live = live
  end

  -- Units that were admitted at an earlier time stand where they belong.
  function Stamps.record_at(self, cost, earlier)
    if earlier + self.window <= self.now then
      return
    end
    local index = self.live
    while index > 0 and at(self, self.gone + index - 1) > earlier do
      index = index - 1
    end
    local stamps = packed(self, self.gone)
    self.live = self.live + cost
    replace(self, sub(stamps, 1, 1 + 8 * index) .. rep(pack('<d', earlier), cost) .. sub(stamps, 2 + 8 * index), self.live)
    self.oldest = index == 0 and earlier or self.oldest
  end

  function Stamps.usage(self)
    local live, units = self.live, self.units
    return live < units and units - live or 0, live == 0 and 0 or self.oldest + self.window - self.now
  end

  return Stamps
end

