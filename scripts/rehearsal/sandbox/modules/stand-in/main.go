// Command stand-in takes the place of a web application whose image cannot be had: it answers every request with what
// reached it, as a page for people and as JSON for checks (Accept: application/json). PORT is the port it listens on,
// NAME is what it says it stands in for.
package main

import (
	"encoding/json"
	"html/template"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

type seen struct {
	Name    string              `json:"name"`
	Method  string              `json:"method"`
	Host    string              `json:"host"`
	Path    string              `json:"path"`
	User    string              `json:"user"`
	Headers map[string][]string `json:"headers"`
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{.Name}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 50rem; padding: 0 1rem; color: #1d2733 }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid #dde3ea; padding: .3rem .6rem .3rem 0; vertical-align: top; word-break: break-all }
td:first-child { color: #5b6b7c; white-space: nowrap }
</style>
<h1>{{.Name}}</h1>
<p>Signed in as <strong id="user">{{.User}}</strong>. <a id="sign-out" href="/oauth2/sign_out">Sign out</a></p>
<p>This page stands in for the real one and shows what reached it: {{.Method}} {{.Path}}</p>
<table>{{range $name, $values := .Headers}}{{range $values}}<tr><td>{{$name}}<td>{{.}}{{end}}{{end}}</table>
`))

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func main() {
	name := env("NAME", "stand-in")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := seen{name, r.Method, r.Host, r.URL.RequestURI(), r.Header.Get("kubeflow-userid"), r.Header}
		if strings.Contains(r.Header.Get("Accept"), "application/json") {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(answer)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page.Execute(w, answer)
	})
	server := http.Server{Addr: ":" + env("PORT", "8082"), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
