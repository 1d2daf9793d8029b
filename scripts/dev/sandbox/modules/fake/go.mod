module breakwater.local/sandbox/stand-in

go 1.26.0
