module breakwater.local/sandbox/pause

go 1.26.0
