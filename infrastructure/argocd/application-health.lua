-- Argo CD's health check for Application objects, which makes the waves of the app-of-apps tree wait (docs/waves.md).
-- It is copied to argocd-cm as resource.customizations.health.argoproj.io_Application, and needs the standard libraries
-- (resource.customizations.useOpenLibs.argoproj.io_Application: "true") for the clock. Argo CD runs Lua 5.1.
--
-- A child of the tree carries the commit that the root is syncing (breakwater.dev/revision), which is also the
-- targetRevision of its own source. Its health counts only after Argo CD has compared and synced exactly that commit:
--   Progressing  it is changing, or waits for something that happens automatically
--   Degraded     it failed, needs a person, or took longer than breakwater.dev/ready-within-seconds; the root's sync then
--                fails and is retried with the newest commit, so no Application may stay Progressing forever
-- Other Applications (the root, tenants') report their own health.

local default_deadline = 900
-- Argo CD self-heals 0, 2, 6, 18 and 54 s after the previous operation. A busy controller sees objects a minute after it has
-- applied them, compares with its old state until then, and "repairs" objects that have not changed.
local repairs_in_vain = 5

local function answer(status, message)
  return { status = status, message = message }
end

-- Argo CD omits empty and false values from the comparison it records, so both count as absent.
local function is_empty(value)
  if type(value) == "table" then
    for _, item in pairs(value) do
      if not is_empty(item) then return false end
    end
    return true
  end
  return value == nil or value == false or value == ""
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b or (is_empty(a) and is_empty(b))
  end
  for key, item in pairs(a) do
    if not same(item, b[key]) then return false end
  end
  for key, item in pairs(b) do
    if a[key] == nil and not is_empty(item) then return false end
  end
  return true
end

-- The sources of a spec, a comparison or a sync result: one or several.
local function sources_of(holder)
  if not is_empty(holder.sources) then return holder.sources end
  return { holder.source }
end

local function revisions_of(holder)
  if not is_empty(holder.revisions) then return holder.revisions end
  return { holder.revision }
end

local function deadline(notes)
  local seconds = tonumber(notes["breakwater.dev/ready-within-seconds"])
  if seconds == nil or seconds % 1 ~= 0 or seconds < 1 or seconds > 604800 then return default_deadline end
  return seconds
end

-- Times are compared as text: Argo CD writes all of them in UTC, as 2026-01-31T09:30:00Z.
local function is_past(moment, seconds)
  return moment < os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - seconds)
end

local function latest(...)
  local found = ""
  for i = 1, select("#", ...) do
    local moment = select(i, ...)
    if type(moment) == "string" and moment > found then found = moment end
  end
  return found
end

-- Time of the last change to this part of the object, from the fields that the API server tracks for each writer.
-- https://kubernetes.io/docs/reference/using-api/server-side-apply/#managed-fields
local function written_at(app, field)
  local found = ""
  for _, entry in ipairs(app.metadata.managedFields or {}) do
    if (entry.fieldsV1 or {})["f:" .. field] ~= nil then found = latest(found, entry.time) end
  end
  if found == "" then return app.metadata.creationTimestamp end
  return found
end

local function with_reason(text, reason)
  if is_empty(reason) then return text end
  return text .. ": " .. reason
end

-- Argo CD's error about the Application itself, if it has one of these types.
local function complaint(status, types)
  for _, condition in ipairs(status.conditions or {}) do
    if types[condition.type] then return condition.message or condition.type end
  end
  return nil
end

-- Waiting for something that happens automatically, unless a part of Argo CD is stuck.
local function waiting(notes, since, text, hint)
  if is_past(since, deadline(notes)) then
    return answer("Degraded", text .. ", for more than " .. deadline(notes) .. " s: " .. hint)
  end
  return answer("Progressing", text)
end

local stands_still = "see whether Argo CD's application controller and repository server run"

local function running_sync(app, notes)
  local operation = app.status.operationState
  if operation ~= nil and (operation.phase == "Running" or operation.phase == "Terminating") then
    if is_past(operation.startedAt or app.metadata.creationTimestamp, deadline(notes)) then
      return answer("Degraded", with_reason("sync not finished within " .. deadline(notes) .. " s", operation.message))
    end
    return answer("Progressing", with_reason("sync is running", operation.message))
  end
  if app.operation ~= nil then
    return waiting(notes, written_at(app, "operation"), "sync is requested", stands_still)
  end
  return nil
end

-- nil when exactly the sources of the spec were compared, at the pinned commit.
local function comparison(app, notes, pin)
  local function not_yet(text) return waiting(notes, written_at(app, "spec"), text, stands_still) end
  local sync = app.status.sync
  local sources = sources_of(app.spec)
  local compared_spec = same(sources, sources_of(sync.comparedTo or {}))
  if sync.status == "Unknown" then
    -- Argo CD does not compare a refused spec, so this error may be about the previous spec: the root's retry shows.
    local why = complaint(app.status, { InvalidSpecError = true, UnknownError = true })
    if why == nil and compared_spec then why = complaint(app.status, { ComparisonError = true }) end
    if why ~= nil then return answer("Degraded", why) end
  end
  if not compared_spec then return not_yet("waiting for a comparison with the newest spec") end

  local pinned = false
  for index, source in ipairs(sources) do
    if source.targetRevision == pin then
      pinned = true
      if revisions_of(sync)[index] ~= pin then return not_yet("waiting for a comparison with " .. pin) end
    end
  end
  if not pinned then return answer("Degraded", "no source is pinned to " .. pin) end
  if sync.status ~= "Synced" and sync.status ~= "OutOfSync" then
    return not_yet("waiting for a comparison")
  end
  -- Argo CD drops such an object from the comparison, and reports the rest as Synced and Healthy: it may be a policy.
  local excluded = complaint(app.status, { ExcludedResourceWarning = true })
  if excluded ~= nil then
    return answer("Degraded", "argocd-cm excludes objects of it (resource.exclusions, resource.inclusions): " .. excluded)
  end
  return nil
end

-- The last operation, if it was a sync of exactly the sources of the spec.
local function last_sync(app)
  local operation = app.status.operationState
  if operation == nil or operation.syncResult == nil then return nil end
  if not same(sources_of(app.spec), sources_of(operation.syncResult)) then return nil end
  return operation
end

local function has_failed(operation)
  return operation ~= nil and (operation.phase == "Failed" or operation.phase == "Error")
end

local function out_of_sync(app, notes)
  local operation = last_sync(app)
  if has_failed(operation) then return answer("Degraded", with_reason("sync failed", operation.message)) end
  local refusal = complaint(app.status, { SyncError = true })
  if refusal ~= nil then return answer("Degraded", refusal) end

  local automated = (app.spec.syncPolicy or {}).automated
  if automated == nil or automated.enabled == false then
    return answer("Degraded", "out of sync, and auto-sync is off: sync it by hand, or switch it on")
  end
  if operation == nil then
    local last = app.status.operationState or {}
    local since = latest(written_at(app, "spec"), last.finishedAt, app.status.health.lastTransitionTime)
    return waiting(notes, since, "out of sync: waiting for auto-sync", "see whether a sync window of its project is closed")
  end
  if not automated.selfHeal then
    return answer("Degraded", "out of sync after its sync, and self-heal is off: sync it by hand, or switch it on")
  end
  local repairs = ((operation.operation or {}).sync or {}).autoHealAttemptsCount or 0
  if repairs >= repairs_in_vain then
    return answer("Degraded", "still out of sync after " .. repairs .. " repairs: something else changes its objects")
  end
  return answer("Progressing", "out of sync after its sync: waiting for self-heal")
end

-- After a successful sync of exactly this spec, only objects that a newer version dropped and Prune=false keeps are OutOfSync,
-- for example a CRD. A person may delete them later; no wave has to wait for that.
local function only_leftovers(app)
  local operation = last_sync(app)
  if operation == nil or operation.phase ~= "Succeeded" then return false end
  local leftovers = 0
  for _, resource in ipairs(app.status.resources or {}) do
    if resource.status == "OutOfSync" then
      if not resource.requiresPruning then return false end
      leftovers = leftovers + 1
    end
  end
  return leftovers > 0
end

-- A failed hook leaves no other trace: the Application's objects can still be Synced and Healthy.
local function failed_hook(app)
  local operation = last_sync(app)
  if not has_failed(operation) then return nil end
  for _, result in ipairs(operation.syncResult.resources or {}) do
    if not is_empty(result.hookType) and (result.hookPhase == "Failed" or result.hookPhase == "Error") then
      local hook = result.hookType .. " hook " .. result.kind .. "/" .. result.name .. " failed"
      return answer("Degraded", with_reason(hook, result.message))
    end
  end
  return nil
end

local function own_health(app, notes)
  local health = app.status.health
  if health.status == "Healthy" or health.status == "Degraded" then return answer(health.status, health.message) end
  local operation = app.status.operationState or {}
  local since = latest(app.metadata.creationTimestamp, operation.finishedAt, health.lastTransitionTime)
  if is_past(since, deadline(notes)) then
    local late = "not ready within " .. deadline(notes) .. " s (" .. health.status .. ")"
    return answer("Degraded", with_reason(late, health.message))
  end
  if health.status == "Suspended" then return answer("Suspended", health.message) end
  return answer("Progressing", with_reason("not ready yet (" .. health.status .. ")", health.message))
end

local function health_of(app)
  local status = app.status or {}
  local notes = app.metadata.annotations or {}
  local pin = notes["breakwater.dev/revision"]
  local unknown = is_empty(status.health) or is_empty(status.health.status)
  if is_empty(pin) then
    if unknown then return answer("Progressing", "not reported yet") end
    return answer(status.health.status, status.health.message)
  end
  if unknown then return waiting(notes, written_at(app, "spec"), "not reported yet", stands_still) end
  if is_empty(status.sync) then return waiting(notes, written_at(app, "spec"), "not compared yet", stands_still) end

  local verdict = running_sync(app, notes) or comparison(app, notes, pin)
  if verdict ~= nil then return verdict end
  if status.sync.status == "OutOfSync" and not only_leftovers(app) then return out_of_sync(app, notes) end
  return failed_hook(app) or own_health(app, notes)
end

return health_of(obj)
