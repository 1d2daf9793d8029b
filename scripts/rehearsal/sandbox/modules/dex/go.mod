// Dex 2.45.1: the commit that the tag names. Its api/v2, a folder there, is the published module.
module breakwater.local/sandbox/dex

go 1.26.0

tool github.com/dexidp/dex/cmd/dex

require github.com/dexidp/dex v0.0.0-20260303133905-11d2eeb52b42

replace github.com/dexidp/dex/api/v2 => github.com/dexidp/dex/api/v2 v2.4.0
