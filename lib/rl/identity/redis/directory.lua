#!lua
-- Users, their API keys and the audit log. usage.lua and transfer.lua go on where this file ends; they are one script. One call is one step: a change with its line in the audit log and its entry in
-- the list of changes that all instances follow, or nothing of it.
--
-- ARGV: the prefix of all keys, the operation, the caller's calendar time in µs, a deadline in µs of this server's time
--   (0: none), who, from where, and then what the operation takes
-- Reply, an array of texts: 'ok' and what was asked for; 'not_found' or 'conflict', why, a hint, and of an import which of
--   its entries (from 0); or 'late': the deadline had passed and nothing was done
--
-- Keys, after the prefix (absent values are empty texts, times are µs since 1970 UTC):
--   ids                  hash: user, key, audit, change: the last number given of each
--   user:ID              hash: name, tier, version, created
--   users, keys          sorted sets: all ids
--   users:by-name        hash: name to id
--   user:ID:keys         sorted set: the ids of its keys
--   user:ID:live         set: of those that are not revoked
--   key:ID               hash: user, name, tier, created, expires, revoked
--   key:ID:secrets       set: digests
--   secret:DIGEST        hash: key, prefix, last_four, created, expires
--   audit                stream: N-0, the last MOST_AUDIT
--   changes              stream: N-0 with what caches may not rely on any more

local MOST_KEYS = 100          -- of a user, that are not revoked
local MOST_SECRETS = 5         -- of a key, that work
local MOST_AUDIT = 100000
local RECENT_AUDIT = 100
local MOST_CHANGES = 10000

local PREFIX, OPERATION, WHO, FROM = ARGV[1], ARGV[2], ARGV[5], ARGV[6]
local NOW, DEADLINE = tonumber(ARGV[3]), tonumber(ARGV[4])
local FIRST = 7

local function text_of(number)
  return string.format('%.0f', number)
end

local function at(name)
  return PREFIX .. name
end

local function refuse(kind, why, hint, entry)
  return {kind, why, hint or '', entry or '0'}
end

local function next_number(of)
  return text_of(redis.call('HINCRBY', at('ids'), of, 1))
end

-- RFC 3339 to the second (the days of the civil calendar after H. Hinnant).
local function utc(us)
  local seconds = math.floor(tonumber(us) / 1000000)
  local days, rest = math.floor(seconds / 86400), seconds % 86400
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02dZ', year, month, doy - math.floor((153 * mp + 2) / 5) + 1,
    math.floor(rest / 3600), math.floor(rest / 60) % 60, rest % 60)
end

local function audit(action, subject, before, after)
  redis.call('XADD', at('audit'), 'MAXLEN', MOST_AUDIT, next_number('audit') .. '-0', 'at', ARGV[3], 'actor', WHO,
    'origin', FROM, 'action', action, 'subject', subject, 'before', before, 'after', after)
end

local function tell_caches(kind, value)
  redis.call('XADD', at('changes'), 'MAXLEN', MOST_CHANGES, next_number('change') .. '-0', kind, value)
end

-- Users.

local function load_user(id)
  local fields = redis.call('HMGET', at('user:' .. id), 'name', 'tier', 'version', 'created')
  return fields[1] and {id = id, name = fields[1], tier = fields[2], version = fields[3], created = fields[4]}
end

local function save_user(user)
  redis.call('HSET', at('user:' .. user.id), 'name', user.name, 'tier', user.tier, 'version', user.version, 'created',
    user.created)
end

local function add_user(reply, user)
  for _, member in ipairs({'id', 'name', 'tier', 'version', 'created'}) do
    reply[#reply + 1] = user[member]
  end
  return reply
end

local function words_of_user(user)
  return 'name ' .. user.name .. ', tier ' .. user.tier
end

local function no_user(id)
  return refuse('not_found', 'there is no user ' .. id)
end

-- Keys and their secrets.

local function load_key(id)
  local fields = redis.call('HMGET', at('key:' .. id), 'user', 'name', 'tier', 'created', 'expires', 'revoked')
  return fields[1] and {id = id, user = fields[1], name = fields[2], tier = fields[3], created = fields[4],
    expires = fields[5], revoked = fields[6]}
end

local function save_key(key)
  redis.call('HSET', at('key:' .. key.id), 'user', key.user, 'name', key.name, 'tier', key.tier, 'created', key.created,
    'expires', key.expires, 'revoked', key.revoked)
  redis.call('ZADD', at('keys'), key.id, key.id)
  redis.call('ZADD', at('user:' .. key.user .. ':keys'), key.id, key.id)
  redis.call(key.revoked == '' and 'SADD' or 'SREM', at('user:' .. key.user .. ':live'), key.id)
end

local function save_secret(secret)
  redis.call('HSET', at('secret:' .. secret.digest), 'key', secret.key, 'prefix', secret.prefix, 'last_four',
    secret.last_four, 'created', secret.created, 'expires', secret.expires)
  redis.call('SADD', at('key:' .. secret.key .. ':secrets'), secret.digest)
end

local function drop_secret(secret)
  redis.call('DEL', at('secret:' .. secret.digest))
  redis.call('SREM', at('key:' .. secret.key .. ':secrets'), secret.digest)
end

local function has_ended(expires)
  return expires ~= '' and tonumber(expires) <= NOW
end

-- Those that work, the newest first; with `all` also those that have ended.
local function secrets_of(key, all)
  local secrets = {}
  for _, digest in ipairs(redis.call('SMEMBERS', at('key:' .. key.id .. ':secrets'))) do
    local fields = redis.call('HMGET', at('secret:' .. digest), 'prefix', 'last_four', 'created', 'expires')
    if fields[1] and (all or not has_ended(fields[4])) then
      secrets[#secrets + 1] = {digest = digest, key = key.id, prefix = fields[1], last_four = fields[2],
        created = fields[3], expires = fields[4]}
    end
  end
  table.sort(secrets, function(a, b)
    local ends_a = a.expires == '' and math.huge or tonumber(a.expires)
    local ends_b = b.expires == '' and math.huge or tonumber(b.expires)
    return ends_a > ends_b or (ends_a == ends_b and a.digest < b.digest)
  end)
  return secrets
end

local function add_secret(reply, secret)
  for _, member in ipairs({'digest', 'prefix', 'last_four', 'created', 'expires'}) do
    reply[#reply + 1] = secret[member]
  end
end

local function add_key(reply, key, secrets)
  for _, member in ipairs({'id', 'user', 'name', 'tier', 'created', 'expires', 'revoked'}) do
    reply[#reply + 1] = key[member]
  end
  reply[#reply + 1] = tostring(#secrets)
  for _, secret in ipairs(secrets) do
    add_secret(reply, secret)
  end
  return reply
end

local function words_of_key(key, secrets)
  if key.revoked ~= '' then
    return 'revoked'
  end
  local words = 'of user ' .. key.user
  if key.name ~= '' then
    words = words .. ', name ' .. key.name
  end
  if key.tier ~= '' then
    words = words .. ', tier ' .. key.tier
  end
  if key.expires ~= '' then
    words = words .. ', until ' .. utc(key.expires)
  end
  for _, secret in ipairs(secrets) do
    words = words .. ', secret ' .. secret.prefix .. '...' .. secret.last_four
    if secret.expires ~= '' then
      words = words .. ' until ' .. utc(secret.expires)
    end
  end
  return words
end

local function no_key(id)
  return refuse('not_found', 'there is no key k' .. id)
end

-- Why the user cannot have one more key of that name, if so.
local function no_room_for(user_id, name)
  local live = redis.call('SMEMBERS', at('user:' .. user_id .. ':live'))
  if #live >= MOST_KEYS then
    return 'user ' .. user_id .. ' has ' .. MOST_KEYS .. ' keys already', 'revoke those that are not used any more'
  end
  for _, id in ipairs(name ~= '' and live or {}) do
    if redis.call('HGET', at('key:' .. id), 'name') == name then
      return 'key k' .. id .. ' of user ' .. user_id .. ' has this name already'
    end
  end
end

local operations = {}

function operations.create_user(name, tier)
  local taken = redis.call('HGET', at('users:by-name'), name)
  if taken then
    return refuse('conflict', 'user ' .. taken .. ' has this name already')
  end
  local user = {id = next_number('user'), name = name, tier = tier, version = '1', created = ARGV[3]}
  save_user(user)
  redis.call('ZADD', at('users'), user.id, user.id)
  redis.call('HSET', at('users:by-name'), name, user.id)
  audit('user.create', 'user ' .. user.id, '', words_of_user(user))
  return add_user({'ok'}, user)
end

function operations.find_user(id)
  local user = load_user(id)
  return user and add_user({'ok'}, user) or no_user(id)
end

function operations.list_users(after, limit)
  local reply = {'ok'}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', at('users'), '(' .. after, '+inf', 'LIMIT', 0, limit)) do
    add_user(reply, load_user(id))
  end
  return reply
end

function operations.set_tier(id, tier, expected_version)
  local user = load_user(id)
  if not user then
    return no_user(id)
  end
  if expected_version ~= '' and expected_version ~= user.version then
    return refuse('conflict', 'user ' .. id .. ' was changed meanwhile: it has version ' .. user.version .. ', not ' ..
      expected_version, 'read the user again and repeat what is still wanted')
  end
  local before = words_of_user(user)
  user.tier = tier
  user.version = text_of(user.version + 1)
  save_user(user)
  audit('user.set-tier', 'user ' .. id, before, words_of_user(user))
  tell_caches('user', id)
  return add_user({'ok'}, user)
end

function operations.delete_user(id)
  local user = load_user(id)
  if not user then
    return no_user(id)
  end
  for _, key_id in ipairs(redis.call('ZRANGE', at('user:' .. id .. ':keys'), 0, -1)) do
    for _, digest in ipairs(redis.call('SMEMBERS', at('key:' .. key_id .. ':secrets'))) do
      redis.call('DEL', at('secret:' .. digest))
    end
    redis.call('DEL', at('key:' .. key_id), at('key:' .. key_id .. ':secrets'))
    redis.call('ZREM', at('keys'), key_id)
  end
  redis.call('DEL', at('user:' .. id), at('user:' .. id .. ':keys'), at('user:' .. id .. ':live'))
  redis.call('ZREM', at('users'), id)
  redis.call('HDEL', at('users:by-name'), user.name)
  audit('user.delete', 'user ' .. id, words_of_user(user), '')
  tell_caches('user', id)
  return add_user({'ok'}, user)
end

function operations.create_key(user_id, name, tier, expires, digest, prefix, last_four)
  if not load_user(user_id) then
    return no_user(user_id)
  end
  local why, hint = no_room_for(user_id, name)
  if why then
    return refuse('conflict', why, hint)
  end
  local key = {id = next_number('key'), user = user_id, name = name, tier = tier, created = ARGV[3], expires = expires,
    revoked = ''}
  save_key(key)
  save_secret({digest = digest, key = key.id, prefix = prefix, last_four = last_four, created = ARGV[3], expires = ''})
  local secrets = secrets_of(key)
  audit('key.create', 'key k' .. key.id, '', words_of_key(key, secrets))
  tell_caches('digest', digest)
  return add_key({'ok'}, key, secrets)
end

function operations.find_key(id)
  local key = load_key(id)
  return key and add_key({'ok'}, key, secrets_of(key)) or no_key(id)
end

function operations.list_keys(user_id, after, limit)
  if user_id ~= '' and not load_user(user_id) then
    return no_user(user_id)
  end
  local set = user_id == '' and 'keys' or 'user:' .. user_id .. ':keys'
  local reply = {'ok'}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', at(set), '(' .. after, '+inf', 'LIMIT', 0, limit)) do
    local key = load_key(id)
    add_key(reply, key, secrets_of(key))
  end
  return reply
end

function operations.revoke_key(id)
  local key = load_key(id)
  if not key then
    return no_key(id)
  end
  if key.revoked == '' then
    local before = words_of_key(key, secrets_of(key))
    for _, secret in ipairs(secrets_of(key, true)) do
      drop_secret(secret)
    end
    key.revoked = ARGV[3]
    save_key(key)
    audit('key.revoke', 'key k' .. id, before, 'revoked')
    tell_caches('user', key.user)
  end
  return add_key({'ok'}, key, {})
end

function operations.rotate_key(id, grace, digest, prefix, last_four)
  local key = load_key(id)
  if not key then
    return no_key(id)
  end
  if key.revoked ~= '' or has_ended(key.expires) then
    return refuse('conflict', 'key k' .. id .. (key.revoked ~= '' and ' is revoked' or ' has expired'),
      'create another key')
  end
  local secrets = secrets_of(key)
  if #secrets >= MOST_SECRETS and tonumber(grace) > 0 then
    return refuse('conflict', #secrets .. ' secrets of key k' .. id .. ' still work',
      'wait for the end of their grace, or end it with a grace of 0')
  end
  local before = words_of_key(key, secrets)
  local last = NOW + tonumber(grace)
  for _, secret in ipairs(secrets_of(key, true)) do
    if secret.expires == '' or tonumber(secret.expires) > last then
      secret.expires = text_of(last)
    end
    if has_ended(secret.expires) then
      drop_secret(secret)
    else
      save_secret(secret)
    end
  end
  save_secret({digest = digest, key = id, prefix = prefix, last_four = last_four, created = ARGV[3], expires = ''})
  secrets = secrets_of(key)
  audit('key.rotate', 'key k' .. id, before, words_of_key(key, secrets))
  tell_caches('user', key.user)
  tell_caches('digest', digest)
  return add_key({'ok'}, key, secrets)
end

function operations.match(digest)
  local secret = redis.call('HMGET', at('secret:' .. digest), 'key', 'expires')
  local key = secret[1] and load_key(secret[1])
  local user = key and key.revoked == '' and load_user(key.user)
  if not user then
    return {'ok'}
  end
  return {'ok', key.id, user.id, user.name, key.tier ~= '' and key.tier or user.tier, key.expires, secret[2]}
end

function operations.record(action, subject, before, after)
  audit(action, subject, before, after)
  return {'ok'}
end

-- Unless it is there: several instances may tell the same.
function operations.record_once(action, subject, before, after)
  for _, entry in ipairs(redis.call('XREVRANGE', at('audit'), '+', '-', 'COUNT', RECENT_AUDIT)) do
    local is = {}
    for i = 1, #entry[2], 2 do
      is[entry[2][i]] = entry[2][i + 1]
    end
    if is.actor == WHO and is.action == action and is.subject == subject then
      return {'ok'}
    end
  end
  return operations.record(action, subject, before, after)
end
