// Command fake takes the place of a web application whose image cannot be had: it answers every request with what
// reached it, as a page for people and as JSON for checks (Accept: application/json).
//
// Environment: PORT is the port it listens on, NAME is what it says it replaces, LINKS the menu (JSON as the central
// dashboard has it), LOGOUT_URL where signing out leads to. With TLS_CERT_FILE and TLS_KEY_FILE it speaks TLS. Arguments of
// the real program are ignored.
package main

import (
	"embed"
	"encoding/json"
	"html/template"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// What reached this program; the first lines of a JSON answer.
type seen struct {
	Name    string              `json:"name"`
	Method  string              `json:"method"`
	Host    string              `json:"host"`
	Path    string              `json:"path"`
	Proto   string              `json:"proto"`
	User    string              `json:"user"`
	Groups  []string            `json:"groups"`
	Headers map[string][]string `json:"headers"`
}

type link struct {
	Link  string `json:"link"`
	Text  string `json:"text"`
	Items []link `json:"items"`
}

type view struct {
	seen
	Logout string
	Menu   []link
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func look(name string, r *http.Request) seen {
	groups := []string{}
	for _, line := range r.Header.Values("kubeflow-groups") {
		for _, group := range strings.Split(line, ",") {
			if group = strings.TrimSpace(group); group != "" {
				groups = append(groups, group)
			}
		}
	}
	user := r.Header.Get("kubeflow-userid")
	return seen{name, r.Method, r.Host, r.URL.RequestURI(), r.Proto, user, groups, r.Header}
}

// The menu of the central dashboard, sections opened.
func menu(text string) []link {
	var links struct {
		MenuLinks []link `json:"menuLinks"`
	}
	if err := json.Unmarshal([]byte(text), &links); err != nil {
		log.Printf("LINKS: %v", err)
	}
	flat := []link{}
	for _, entry := range links.MenuLinks {
		if entry.Link != "" {
			flat = append(flat, entry)
		}
		flat = append(flat, entry.Items...)
	}
	return flat
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

func main() {
	name := env("NAME", "fake")
	links := menu(env("LINKS", "{}"))
	logout := env("LOGOUT_URL", "/oauth2/sign_out")
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer := look(name, r)
		if strings.Contains(r.Header.Get("Accept"), "application/json") {
			writeJSON(w, answer)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.Execute(w, view{answer, logout, links}); err != nil {
			log.Print(err)
		}
	})
	// Who the central dashboard says that one is: the same address and the same fields as the real one's.
	mux.HandleFunc("/api/workgroup/env-info", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, map[string]any{
			"user":           look(name, r).User,
			"platform":       map[string]string{"provider": "other", "kubeflowVersion": "fake"},
			"namespaces":     []string{},
			"isClusterAdmin": false,
		})
	})
	server := http.Server{Addr: ":" + env("PORT", "8082"), Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if certificate := os.Getenv("TLS_CERT_FILE"); certificate != "" {
		log.Fatal(server.ListenAndServeTLS(certificate, os.Getenv("TLS_KEY_FILE")))
	}
	log.Fatal(server.ListenAndServe())
}
