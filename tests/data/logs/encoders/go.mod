module encoders

go 1.22

require (
	github.com/mattermost/logr/v2 v2.0.22
	go.uber.org/zap v1.16.0
)

require (
	github.com/francoispqt/gojay v1.2.13 // indirect
	github.com/wiggin77/merror v1.0.2 // indirect
	github.com/wiggin77/srslog v1.0.1 // indirect
	go.uber.org/atomic v1.6.0 // indirect
	go.uber.org/multierr v1.5.0 // indirect
	gopkg.in/natefinch/lumberjack.v2 v2.0.0 // indirect
)
