// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// peekTime is how long, at most, the repeat of an unanswered create waits for a lookup of the newest incidents.
const peekTime = 2 * time.Second

// learnAgain learns that a call was not answered that has been in doubt before, since a restart or since a write that seemed to fail. The
// doubt begins again, because the call may be carried out later than assumed so far.
func (p *Policy) learnAgain(n *Timed, c Call, a Answer, now time.Time) Lesson {
	p.doubt(n, c, a.Sent, now)
	n.Version++
	return p.learnUnanswered(n, c, a, now)
}

// learnUnanswered does what differs between the kinds of calls.
func (p *Policy) learnUnanswered(n *Timed, c Call, a Answer, now time.Time) Lesson {
	switch {
	case c.Kind == Close && c.ID == n.Incident.ID && !c.Finish:
		n.FailedCloses++
		if n.FailedCloses > 1 {
			n.lookBefore(n.LookAt)
		}
	case c.Kind == Create:
		n.PeekBy = now.Add(peekTime)
	}
	if a.ContentSuspect && p.shrink(n, c, now) {
		return FewerFields
	}
	return Doubting
}

// failuresBeforeShrink is how many times in a row a create or an update may fail because of its content before fewer fields are sent.
const failuresBeforeShrink = 3

// shrink counts a failure of c that its content may have caused. It reports whether later updates send fewer fields. For creates,
// triesShort decides.
func (p *Policy) shrink(n *Timed, c Call, now time.Time) bool {
	n.ContentFailures++
	if c.Kind == Create || n.ContentFailures < failuresBeforeShrink {
		return false
	}
	if c.Form >= n.Form && n.Form < SeverityOnly {
		n.Form++
	}
	n.ContentFailures, n.FullAt = 0, now.Add(p.Backoff.Hourly)
	return true
}

// contentFails reports whether creates have failed so often that the short and the full form take turns.
func (t *Timers) contentFails() bool { return t.ContentFailures >= failuresBeforeShrink }

// triesShort reports whether the next create has the short form because others failed.
func (t *Timers) triesShort() bool {
	return t.contentFails() && (t.ContentFailures-failuresBeforeShrink)%2 == 0
}

// keepUnchanged returns c without the news of each field that was not sent as it is in all. An update of these fields follows.
func (c Content) keepUnchanged(all *Content) Content {
	for f := range c.News {
		if c.Sent[f] != all.Sent[f] {
			c.News[f] = 0
		}
	}
	return c
}

// backOff sets when the next try of c may be.
func (p *Policy) backOff(n *Timed, c Call, a Answer, now time.Time) {
	if c.Kind == Create {
		a.RetryAfter = min(a.RetryAfter, p.Backoff.Slow) // nothing stops a page for longer
	}
	attempts, at := &n.Attempts, &n.RetryAt
	if n.extra(c) {
		attempts, at = &n.ExtraAttempts, &n.ExtraAt
	}
	*attempts++
	*at = now.Add(p.pause(n.Alias, *attempts, a))
}

// pause returns how long to wait before the next try. It grows with the attempts. If the API denied the key, it is the maximum, unless the
// denial may be due to the content. If the API asks for a longer pause, that counts.
func (p *Policy) pause(alias string, attempts int32, a Answer) time.Duration {
	d := p.Backoff.delay(alias, attempts, p.Backoff.Max)
	if a.Result == Denied && !a.ContentSuspect {
		d = p.Backoff.Max
	}
	return max(d, a.RetryAfter)
}

// maxUnsure bounds the contents kept of unanswered calls. The oldest and the newest stay.
const maxUnsure = 4

// doubt records that c, with its content, may still be carried out. It changes n, which the caller owns.
func (p *Policy) doubt(n *Timed, c Call, sent Content, now time.Time) {
	if !n.Doubt.Set || c.At.Before(n.Doubt.Since) {
		n.Doubt.Since = c.At
	}
	n.Doubt.Set = true
	n.SettleAt = Latest(n.SettleAt, now.Add(p.SettleTime)) // the wait for a former leader's calls stays
	n.Looks, n.LookAt = 0, earliest(now.Add(firstLook), n.SettleAt)
	switch c.Kind {
	case Create, Reopen:
		n.Doubt.Creates++ // a reopen opens an incident too
	case Close:
		if c.ID == n.Incident.ID || n.Doubt.Closing == "" {
			n.Doubt.Closing = c.ID
		}
	default: // an update
	}
	if (c.Kind == Create || c.Kind == Update) && !slices.Contains(n.Unsure, sent) {
		n.Unsure = append(slices.Clone(n.Unsure), sent)
		if len(n.Unsure) > maxUnsure {
			n.Unsure[1] = Content{} // stands for the forgotten ones
			n.Unsure = slices.Delete(n.Unsure, 2, 3)
		}
	}
}
