-- The last part of the script of directory.lua: what moves between directories, and the call of the operation.

function operations.last_ids()
  local ids = redis.call('HMGET', at('ids'), 'user', 'key')
  return {'ok', ids[1] or '0', ids[2] or '0'}
end

-- Of a page of keys. The first value is the last key of it, or empty after the last page.
function operations.list_secrets(first, last, limit)
  local ids = redis.call('ZRANGEBYSCORE', at('keys'), first, last, 'LIMIT', 0, limit)
  local reply = {'ok', #ids == tonumber(limit) and ids[#ids] or ''}
  for _, id in ipairs(ids) do
    for _, secret in ipairs(secrets_of({id = id})) do
      reply[#reply + 1] = id
      add_secret(reply, secret)
    end
  end
  return reply
end

-- Everything that an import writes is noted with what takes it back: a refused one leaves nothing.
local undo = {}

local function undo_by(...)
  undo[#undo + 1] = {...}
end

local function raise(of, id)
  local last = redis.call('HGET', at('ids'), of) or '0'
  if tonumber(id) > tonumber(last) then
    redis.call('HSET', at('ids'), of, id)
    undo_by('HSET', at('ids'), of, last)
  end
end

local function same(a, b, members)
  for _, member in ipairs(members) do
    if a[member] ~= b[member] then
      return false
    end
  end
  return true
end

-- Each returns whether something was made, or nothing and why not.
local imports = {}

function imports.ids(ids)
  raise('user', ids.user)
  raise('key', ids.key)
  return false
end

function imports.user(user)
  local there = load_user(user.id)
  if there then
    if same(there, user, {'name', 'tier', 'version', 'created'}) then
      return false
    end
    return nil, 'user ' .. user.id .. ' is there and differs'
  end
  local taken = redis.call('HGET', at('users:by-name'), user.name)
  if taken then
    return nil, 'user ' .. taken .. ' has this name already'
  end
  save_user(user)
  undo_by('DEL', at('user:' .. user.id))
  redis.call('ZADD', at('users'), user.id, user.id)
  undo_by('ZREM', at('users'), user.id)
  redis.call('HSET', at('users:by-name'), user.name, user.id)
  undo_by('HDEL', at('users:by-name'), user.name)
  raise('user', user.id)
  return true
end

function imports.key(key)
  local there = load_key(key.id)
  if there then
    if same(there, key, {'user', 'name', 'tier', 'created', 'expires', 'revoked'}) then
      return false
    end
    return nil, 'key k' .. key.id .. ' is there and differs'
  end
  if not load_user(key.user) then
    return nil, 'there is no user ' .. key.user
  end
  local why = key.revoked == '' and no_room_for(key.user, key.name)
  if why then
    return nil, why
  end
  save_key(key)
  undo_by('DEL', at('key:' .. key.id))
  undo_by('ZREM', at('keys'), key.id)
  undo_by('ZREM', at('user:' .. key.user .. ':keys'), key.id)
  undo_by('SREM', at('user:' .. key.user .. ':live'), key.id)
  raise('key', key.id)
  return true
end

function imports.secret(secret)
  local owner = redis.call('HGET', at('secret:' .. secret.digest), 'key')
  if owner then
    if owner == secret.key then
      return false
    end
    return nil, 'this secret is that of key k' .. owner .. ' already'
  end
  local key = load_key(secret.key)
  if not key then
    return nil, 'there is no key k' .. secret.key
  end
  if key.revoked ~= '' then
    return nil, 'key k' .. secret.key .. ' is revoked'
  end
  if #secrets_of(key) >= MOST_SECRETS then
    return nil, 'key k' .. secret.key .. ' has ' .. MOST_SECRETS .. ' secrets already'
  end
  save_secret(secret)
  undo_by('DEL', at('secret:' .. secret.digest))
  undo_by('SREM', at('key:' .. secret.key .. ':secrets'), secret.digest)
  return true
end

local MEMBERS = {
  ids = {'user', 'key'},
  user = {'id', 'name', 'tier', 'version', 'created'},
  key = {'id', 'user', 'name', 'tier', 'created', 'expires', 'revoked'},
  secret = {'key', 'digest', 'prefix', 'last_four', 'created', 'expires'},
}

-- Takes a type and its members for each entry. The reply: how many were made, how many were there.
function operations.import()
  local made, unchanged, entry, digests = 0, 0, 0, {}
  local position = FIRST
  while position <= #ARGV do
    local kind, record = ARGV[position], {}
    for i, member in ipairs(MEMBERS[kind]) do
      record[member] = ARGV[position + i]
    end
    position = position + 1 + #MEMBERS[kind]
    local done, why = imports[kind](record)
    if done == nil then
      for i = #undo, 1, -1 do
        redis.call(unpack(undo[i]))
      end
      return refuse('conflict', why, '', tostring(entry))
    end
    made = made + (done and 1 or 0)
    unchanged = unchanged + ((done or kind == 'ids') and 0 or 1)
    if done and kind == 'secret' then
      digests[#digests + 1] = record.digest
    end
    entry = entry + 1
  end
  if made > 0 then
    audit('users.import', '', '', made .. ' entries')
  end
  for _, digest in ipairs(digests) do
    tell_caches('digest', digest)
  end
  return {'ok', tostring(made), tostring(unchanged)}
end

if DEADLINE > 0 then
  local time = redis.call('TIME')
  if time[1] * 1000000 + time[2] > DEADLINE then
    return {'late'}
  end
end
-- An import reads its arguments itself: they are too many for a call.
return operations[OPERATION](unpack(ARGV, FIRST, math.min(#ARGV, FIRST + 9)))
