// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"net/http"
)

const servicesPath = BasePath + "/services"

// Service is one of the organization's services. The sandbox only lists them.
type Service struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Status is operational by default.
	Status string `json:"status"`
}

// SetServices replaces the list of services.
func (s *Server) SetServices(list ...Service) {
	for i := range list {
		list[i].Status = cmp.Or(list[i].Status, "operational")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = list
}

// listServices returns a page. The caller holds mu.
func (s *Server) listServices(c *call) answer {
	total := len(s.services)
	limit, offset := c.paging()
	offset = min(offset, total)
	page := s.services[offset:min(offset+limit, total)]
	return answer{status: http.StatusOK, body: encode(listEnvelope{
		page, listMeta{Total: total, Limit: limit, Offset: offset, HasMore: offset+len(page) < total},
	})}
}
