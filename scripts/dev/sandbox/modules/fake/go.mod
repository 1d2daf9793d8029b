module breakwater.local/sandbox/fake

go 1.26.0
