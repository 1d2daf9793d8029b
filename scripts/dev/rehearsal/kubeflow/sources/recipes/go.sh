# words: FOLDER PROGRAM
cd "$1"
# Their go.sum files are older than the Go that builds them, and lack lines that it wants.
CGO_ENABLED=0 GOWORK=off GOFLAGS='' go build -mod=mod -trimpath -buildvcs=false -ldflags='-s -w' -o "$output/$2" .
