// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"net/url"
)

// maxServicePages bounds one reading of the services: ten thousand.
const maxServicePages = 100

// Service is one of Alert24's services.
type Service struct{ ID, Name string }

// Services lists all services. Rows without an id or a name are left out.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	var all []Service
	offset := 0
	for range maxServicePages {
		n, more := 0, false
		err := c.readPage(ctx, "services", url.Values{}, offset, pageLimit, func(ans *answer) (err error) {
			var rows []Service
			rows, n, more, err = decodeServices(ans.body, offset)
			all = append(all, rows...)
			return err
		})
		if err != nil {
			return nil, err
		}
		if !more {
			return all, nil
		}
		offset += n
	}
	return all, nil
}

// decodeServices reads the page that begins at offset. It returns the services, the number of rows, and whether more rows follow.
func decodeServices(body []byte, offset int) (services []Service, n int, more bool, err error) {
	var all []struct {
		ID   str `json:"id"`
		Name str `json:"name"`
	}
	var meta struct {
		Total   int  `json:"total"`
		HasMore bool `json:"has_more"`
	}
	rawMeta, err := decodeList(body, "services", &all)
	if err == nil && len(rawMeta) > 0 {
		err = decode(rawMeta, &meta)
	}
	if err != nil {
		return nil, 0, false, err
	}
	for _, s := range all {
		if s.ID != "" && s.Name != "" {
			services = append(services, Service{ID: string(s.ID), Name: string(s.Name)})
		}
	}
	return services, len(all), len(all) > 0 && (meta.HasMore || meta.Total > offset+len(all)), nil
}
