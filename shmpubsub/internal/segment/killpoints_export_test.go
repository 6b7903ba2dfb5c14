//go:build killpoints

package segment

// What the kill point tests, which use the whole library and so are outside this package, need of its tests.
const (
	RoleEnv     = roleEnv
	DomainEnv   = domainEnv
	DraftPrefix = draftPrefix
	DraftAge    = draftAge
)

var (
	Roles       = roles
	Domain      = domain
	Names       = names
	Again       = again
	ChildEnv    = childEnv
	OwnMounts   = ownMounts
	Mount       = mount
	Filter      = filter
	SuccessorOf = successorOf
)
