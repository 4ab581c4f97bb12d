// CipherTalk
window.CHAT_DATA = {
  "meta": {
    "sessionId": "10000000001@chatroom",
    "sessionName": "周末骑行小队",
    "isGroup": true,
    "exportTime": 1770000000000,
    "messageCount": 3,
    "dateRange": null
  },
  "members": [
    {
      "id": "wxid_aaaa0001",
      "name": "阿北"
    },
    {
      "id": "wxid_me000000",
      "name": "西西"
    },
    {
      "id": "wxid_cccc0003",
      "name": "默默"
    }
  ],
  "messages": [
    {
      "timestamp": 1769900000,
      "sender": "wxid_aaaa0001",
      "senderName": "阿北",
      "type": 1,
      "content": "@西西  明早七点",
      "rawContent": "@西西  明早七点",
      "isSend": 0,
      "chatRecords": null
    },
    {
      "timestamp": 1769900060,
      "sender": "wxid_me000000",
      "senderName": "西西",
      "type": 244813135921,
      "content": "好",
      "rawContent": "<msg><appmsg><title>好</title><type>57</type><refermsg><type>1</type><svrid>7000000000000000001</svrid><displayname>阿北</displayname><content>@西西 明早七点</content></refermsg></appmsg></msg>",
      "isSend": 1,
      "chatRecords": null
    },
    {
      "timestamp": 1769900070,
      "sender": "wxid_aaaa0001",
      "senderName": "阿北",
      "type": 3,
      "content": "[图片]",
      "rawContent": "[图片]",
      "isSend": 0,
      "chatRecords": null
    }
  ]
};
