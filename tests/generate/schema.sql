-- The tables of a server that the generator asks, with the columns that it asks for, and some rows.
CREATE TABLE db_migrations (Version bigint PRIMARY KEY, Name varchar NOT NULL);
INSERT INTO db_migrations VALUES (1, 'create_teams'), (158, 'x'), (159, 'y');

CREATE TABLE systems (Name varchar(64) PRIMARY KEY, Value varchar(1024));
INSERT INTO systems VALUES
    ('DiagnosticId', 'bhwiqff5r38uuf865fs1h3y1gw'), ('Version', '11.9.0'), ('ActiveLicenseId', 't6prh96nki8dijpehyn4p7m6ma');

CREATE TABLE licenses (Id varchar(26) PRIMARY KEY, CreateAt bigint, Bytes varchar(10000));

CREATE TABLE users (
    Id varchar(26) PRIMARY KEY, CreateAt bigint, UpdateAt bigint, DeleteAt bigint, Username varchar(64), Roles varchar(256),
    RemoteId varchar(26)
) WITH (autovacuum_vacuum_scale_factor=0.1);
CREATE TABLE bots (UserId varchar(26) PRIMARY KEY, Description varchar(1024), DeleteAt bigint);
CREATE TABLE status (UserId varchar(26) PRIMARY KEY, Status varchar(32), LastActivityAt bigint);
-- 5 people, of them 1 deactivated and 1 remote; 2 guests of which 1 deactivated; 2 bots of which 1 deleted
INSERT INTO users (Id, DeleteAt, Username, Roles, RemoteId) VALUES
    ('u1', 0, 'ada', 'system_user system_admin', NULL), ('u2', 0, 'bob', 'system_user', ''), ('u3', 0, 'cyd', 'system_user', NULL),
    ('u4', 99, 'dan', 'system_user', NULL), ('u5', 0, 'eve', 'system_user', 'remote'),
    ('g1', 0, 'gus', 'system_guest', NULL), ('g2', 99, 'gil', 'system_guest', NULL), ('g3', 0, 'gwen', 'system_guest', NULL),
    ('b1', 0, 'bot', 'system_user', NULL), ('b2', 99, 'old', 'system_user', NULL);
INSERT INTO bots VALUES ('b1', '', 0), ('b2', '', 99);
INSERT INTO status
SELECT id, 'online', (extract(epoch FROM now()) * 1000)::bigint - age FROM (VALUES
    ('u1', 1000::bigint), ('u2', 2 * 86400000::bigint), ('u3', 40 * 86400000::bigint), ('u4', 1000), ('u5', 1000), ('b1', 1000)
) AS seen (id, age);

CREATE TABLE channels (Id varchar(26) PRIMARY KEY, Type varchar(1), DeleteAt bigint);
INSERT INTO channels VALUES ('c1', 'O', 0), ('c2', 'P', 0), ('c3', 'O', 99), ('c4', 'D', 0), ('c5', 'G', 0);
CREATE TABLE channelmembers (ChannelId varchar(26), UserId varchar(26), PRIMARY KEY (ChannelId, UserId));
INSERT INTO channelmembers VALUES ('c1', 'g1'), ('c4', 'g1'), ('c1', 'g3'), ('c2', 'g3'), ('c1', 'u1');
CREATE TABLE teams (Id varchar(26) PRIMARY KEY, DeleteAt bigint);
INSERT INTO teams VALUES ('t1', 0), ('t2', 0), ('t3', 99);
CREATE TABLE posts (Id varchar(26) PRIMARY KEY, DeleteAt bigint, Message varchar(65535) COLLATE "C");
INSERT INTO posts SELECT 'p' || n, CASE WHEN n % 3 = 0 THEN 99 ELSE 0 END, '' FROM generate_series(1, 33) AS n;
CREATE INDEX idx_posts_delete_at ON posts (DeleteAt);
CREATE TABLE commands (Id varchar(26) PRIMARY KEY, DeleteAt bigint);
INSERT INTO commands VALUES ('x1', 0), ('x2', 99);
CREATE TABLE incomingwebhooks (Id varchar(26) PRIMARY KEY, DeleteAt bigint);
INSERT INTO incomingwebhooks VALUES ('i1', 0), ('i2', 0), ('i3', 0);
CREATE TABLE outgoingwebhooks (Id varchar(26) PRIMARY KEY, DeleteAt bigint);
INSERT INTO outgoingwebhooks VALUES ('o1', 0), ('o2', 99);

CREATE TABLE jobs (
    Id varchar(26) PRIMARY KEY, Type varchar(32), Priority bigint, CreateAt bigint, StartAt bigint, LastActivityAt bigint,
    Status varchar(32), Progress bigint, Data jsonb
);
INSERT INTO jobs
SELECT 'job' || n, 'ldap_sync', 0, 1700000000000 + n * 60000, 1700000000100 + n * 60000, 1700000000200 + n * 60000, 'success', 100, '{}'
FROM generate_series(1, 7) AS n;
INSERT INTO jobs VALUES
    ('mig1', 'migrations', 0, 1700000000308, 0, 1700000000575, 'error', -1, '{"error": "went wrong: x", "last_done": "{\"a\":\"b\"}"}');

CREATE TABLE roles (
    Id varchar(26) PRIMARY KEY, Name varchar(64), DisplayName varchar(128), Description varchar(1024), CreateAt bigint,
    UpdateAt bigint, DeleteAt bigint, Permissions text, SchemeManaged boolean, BuiltIn boolean
);
INSERT INTO roles VALUES
    ('role1', 'system_admin', 'System Admin', 'all', 1700000000000, 1700000000001, 0, 'edit_other_users manage_system', true, true);
CREATE TABLE schemes (
    Id varchar(26) PRIMARY KEY, Name varchar(64), DisplayName varchar(128), Description varchar(1024), CreateAt bigint,
    UpdateAt bigint, DeleteAt bigint, Scope varchar(32), DefaultTeamAdminRole varchar(64), DefaultTeamUserRole varchar(64),
    DefaultChannelAdminRole varchar(64), DefaultChannelUserRole varchar(64), DefaultTeamGuestRole varchar(64),
    DefaultChannelGuestRole varchar(64), DefaultPlaybookAdminRole varchar(64), DefaultPlaybookMemberRole varchar(64),
    DefaultRunAdminRole varchar(64), DefaultRunMemberRole varchar(64)
);
INSERT INTO schemes
SELECT 'scheme' || n, 'secret project ' || n, '', '', 1700000000000 + n, 1700000000000, CASE WHEN n = 3 THEN 99 ELSE 0 END, 'team',
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', NULL
FROM generate_series(1, 3) AS n;

CREATE TABLE configurations (
    Id varchar(26) PRIMARY KEY, Value text NOT NULL, CreateAt bigint NOT NULL, Active boolean UNIQUE, SHA char(64)
);
