// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// services returns the ids of the services that the alerts affect, sorted.
func (r *Renderer) services(firing []Alert) []string {
	var ids []string
	add := func(id string) {
		if id != "" && len(ids) < maxServices && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range firing {
		a := &firing[i]
		given := a.AffectedServices
		if len(given) == 0 {
			if named := a.Annotations.Get(annotationService); !text.Blank(named) {
				given = strings.Split(named, ",")
			}
		}
		if len(given) == 0 {
			add(r.serviceOf(a))
		}
		for _, service := range given {
			add(r.service(text.Line(service, maxLineRunes)))
		}
	}
	slices.Sort(ids)
	return ids
}

// serviceOf returns the id of the service that a label names.
func (r *Renderer) serviceOf(a *Alert) string {
	if r.cfg.Services.By != ServicesByName || r.cfg.Services.Label == "" {
		return r.lookup(keyServices, IDConfig{r.cfg.Services.Label, r.cfg.Services.Map}, a)
	}
	name := text.Line(a.Labels.Get(r.cfg.Services.Label), maxLineRunes)
	if name == "" {
		return ""
	}
	return r.service(name)
}

// service returns the id of a service that is given by its name in the map, by its id or, if configured, by its name in Alert24.
func (r *Renderer) service(given string) string {
	if id := r.cfg.Services.Map[given]; id != "" || r.cfg.Services.By != ServicesByName || given == "" {
		return cmp.Or(id, given)
	}
	return r.serviceID(given)
}

// lookup returns the id for the alert's label, or "".
func (r *Renderer) lookup(key string, cfg IDConfig, a *Alert) string {
	if cfg.Label == "" {
		return ""
	}
	value := a.Labels.Get(cfg.Label)
	id := cfg.Map[value]
	if id == "" && value != "" {
		r.onUnknownValue(key, value, "")
	}
	return id
}
