-- sliding_counter and fixed_window: the start of the current window of the clock, its units, those of the one before.

local function window_counts(fixed)
  local Counts = {}

  function Counts.load(self)
    local text = call('GET', self.key)
    self.start, self.current, self.previous = 0, 0, 0
    if text then
      self.start, self.current, self.previous = unpack('<ddd', text)
    end
  end

  function Counts.look(self, now)
    local begun = now - now % self.window
    if begun > self.start then
      self.previous = begun - self.start <= self.window and self.current or 0
      self.current = 0
      self.start = begun
    end
    self.elapsed = max(now, self.start) - self.start
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

  function Counts.wait(self, cost)
    if cost > self.units or self.units == 0 then
      return NEVER
    end
    local room = self.units - cost
    if fixed then
      return (cost == 0 or self.current <= room) and 0 or self.window - self.elapsed
    end
    if cost == 0 or estimate(self.previous, self.current, self.elapsed, self.window) <= room then
      return 0
    end
    if self.current <= room then
      return first_fit(self.previous, self.current, room, self.window) - self.elapsed
    end
    return self.window - self.elapsed + first_fit(self.current, 0, room, self.window)
  end

  function Counts.record(self, cost)
    self.current = self.current + cost
    save(self.key, pack('<ddd', self.start, self.current, self.previous), 2 * self.window - self.elapsed)
  end

  function Counts.record_at(self, cost, earlier)
    if earlier >= self.start then
      Counts.record(self, cost)
    elseif earlier >= self.start - self.window then
      self.previous = self.previous + cost
      Counts.record(self, 0)
    end
  end

  function Counts.usage(self)
    if fixed then
      return self.units - min(self.current, self.units), self.current == 0 and 0 or self.window - self.elapsed
    end
    local used = estimate(self.previous, self.current, self.elapsed, self.window)
    local in_use = self.current > 0 or self.previous > 0
    return max(0, floor(self.units - used)), in_use and self.window - self.elapsed or 0
  end

  return Counts
end

