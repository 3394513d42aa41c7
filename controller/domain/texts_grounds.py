"""The words for what a person gives as the ground of an order. A table; read through `texts.ground`.

Which grounds are offered with which order stands with the page that asks for them.
"""


def _text(hans: str, hant: str, en: str) -> dict[str, str]:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": en}


GROUNDS: dict[str, dict[str, str]] = {
    "resident_known": _text("住户,已当面核对", "住戶,已當面核對", "Resident, checked in person"),
    "visitor_confirmed": _text("访客,业主已确认", "訪客,業主已確認", "Visitor, host confirmed"),
    "plate_unreadable": _text("车牌读不清,已人工核对", "車牌讀不清,已人工核對", "Plate unreadable, checked by eye"),
    "card_fault": _text("卡或读卡器故障", "卡或讀卡器故障", "Card or reader fault"),
    "delivery": _text("送货、快递、服务", "送貨、快遞、服務", "Delivery or service"),
    "emergency": _text("急救、消防、警车执勤", "急救、消防、警車執勤", "Ambulance, fire, police on duty"),
    "leader_agreed": _text("班长同意", "班長同意", "Leader agreed"),
    "other": _text("其他(见说明)", "其他(見說明)", "Other (see remark)"),
    "no_business": _text("无来访事由", "無來訪事由", "No business here"),
    "no_right": _text("无有效凭证", "無有效憑證", "No valid pass"),
    "host_refused": _text("业主不同意", "業主不同意", "Host refused"),
    "lot_full": _text("车位已满", "車位已滿", "Car park full"),
    "suspicious": _text("可疑,已报班长", "可疑,已報班長", "Suspicious, leader told"),
    "record_differs": _text("与记录不符", "與記錄不符", "Differs from the record"),
    "no_ticket": _text("无停车票", "無停車票", "No ticket"),
    "waiting_host": _text("等业主确认", "等業主確認", "Waiting for the host"),
    "dispute": _text("司机有异议", "司機有異議", "Driver disputes"),
    "misread": _text("识别错误", "辨識錯誤", "Misread"),
    "near_miss": _text("选中相近车牌", "選中相近車牌", "Near plate chosen"),
    "dirty_plate": _text("车牌脏污、遮挡", "車牌髒污、遮擋", "Plate dirty or covered"),
    "maintenance": _text("维修", "維修", "Maintenance"),
    "incident": _text("现场有事件", "現場有事件", "Incident on the spot"),
    "night_closing": _text("夜间关闭", "夜間關閉", "Closed by night"),
    "work_finished": _text("维修完成", "維修完成", "Work finished"),
    "incident_over": _text("事件已处理", "事件已處理", "Incident dealt with"),
    "opening_hours": _text("到开放时间", "到開放時間", "Opening time"),
    "peak": _text("高峰疏导", "高峰疏導", "Peak hour"),
    "moving": _text("搬家、大件", "搬家、大件", "Moving house"),
    "arm_fault": _text("道闸故障", "道閘故障", "Barrier fault"),
    "peak_over": _text("高峰已过", "高峰已過", "Peak is over"),
    "lane_clear": _text("杆下无车无人", "桿下無車無人", "Lane is clear"),
    "vehicle_withdrew": _text("车辆已退出", "車輛已退出", "Vehicle backed away"),
    "danger": _text("有危险", "有危險", "Danger"),
    "leader_decided": _text("班长安排", "班長安排", "Leader decided"),
    "false_alarm": _text("误报,已现场确认", "誤報,已現場確認", "False alarm, checked on the spot"),
    "fire_over": _text("火情已解除", "火情已解除", "Fire is over"),
    "drill": _text("演习结束", "演習結束", "Drill is over"),
}
"""Code -> its words per language. A few codes are reasons of the lane's too, in other words."""
