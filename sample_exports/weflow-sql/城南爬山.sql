BEGIN;
CREATE TABLE IF NOT EXISTS weflow_messages (session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, sender TEXT, is_send INTEGER, local_type INTEGER, media_type TEXT, content TEXT, media_path TEXT);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 17, '7000000000000000001', 1769900000, 'wxid_aaaa0001', 0, 1, NULL, 'it''s 7:00;

INSERT INTO weflow_messages VALUES (1);
COMMIT;', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 18, '7000000000000000002', 1769900060, 'wxid_me000000', 1, 244813135921, NULL, '好[引用 阿北：it''s 7:00]', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 19, '7000000000000000003', 1769900090, '10000000001@chatroom', 0, 10000, NULL, '"西西" 撤回了一条消息', NULL);
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('10000000001@chatroom', 20, '7000000000000000004', 1769900120, 'wxid_bbbb0002', 0, 3, 'image', '[图片]', 'media/images/1.jpg');
INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES ('wxid_friend01', 1, '0', 1769900200, 'wxid_friend01', 0, 1, NULL, '在吗 -- ''; DROP TABLE weflow_messages;', NULL);
COMMIT;
