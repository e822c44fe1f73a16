// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

// OpenStatuses are the statuses of an incident that is not closed, in the order of an incident's life (Alert24's reference
// of the incidents API).
var OpenStatuses = []string{"new", "acknowledged", "open", "investigating", "identified", "monitoring"}
