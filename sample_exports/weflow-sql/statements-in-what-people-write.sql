BEGIN;
CREATE TABLE IF NOT EXISTS weflow_messages (
  session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, sender TEXT, is_send INTEGER,
  local_type INTEGER, media_type TEXT, content TEXT, media_path TEXT
);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 1, '7000000000000000001', 1769900000, 'wxid_aaaa0001', 0, 1, NULL, '明早七点
老地方, it''s ''桥头''', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 2, '7000000000000000002', 1769900060, 'wxid_me000000', 1, 244813135921, NULL, '好[引用 阿北：明早七点 老地方]', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 3, '7000000000000000003', 1769900070, 'wxid_aaaa0001', 0, 3, 'image', '[图片]', 'images/1.jpg');
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 4, '7000000000000000004', 1769900090, '10000000001@chatroom', 0, 10000, NULL, '"阿北" 撤回了一条消息', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 5, '7000000000000000005', 1769900100, 'wxid_bbbb0002', 0, 1, NULL, '别执行：''); DROP TABLE weflow_messages; INSERT INTO weflow_messages VALUES (1);', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 6, '7000000000000000006', 1769900110, 'wxid_bbbb0002', 0, 21474836529, NULL, '[链接] 夜骑路线', NULL);
COMMIT;
