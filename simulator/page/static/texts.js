// The words of the page, in both languages; nothing acts here.
export const TEXTS = {
  zh: {
    title: "车场出入口沙盘", day: "白天", dusk: "黄昏", night: "夜间", rain: "雨", light: "光线", theme: "明暗",
    other: "English", send_vehicle: "派一辆车", vehicle: "车牌或编号", manner: "开法", card: "刷卡", side: "方向",
    dirt: "车牌脏污", send: "派往此车道", send_person: "来一个人", person: "谁", way: "方式", hold: "扶门",
    swipe_card: "刷一张卡", card_number: "卡号 位数:区码:号码", swipe: "在读卡器上刷", in_lane: "车道里的车",
    by_hand: "手动", person_under: "人站到杆下", fire: "火警信号", faults: "故障", entry: "入口", exit: "出口", both: "双向",
    foot: "人行", nobody: "没有车", back_out: "倒出", force: "冲杆", press_open: "按开闸钮", press_exit: "按出门钮",
    connected: "已连接", lost: "与模拟器失去联系", waiting: "辆在外等候", done: "已执行", boom_off: "杆被撞脱",
    down: "杆落", up: "杆起", rising: "起杆中", falling: "落杆中", between: "停在半途", open: "门开", shut: "门关",
    own: "自己的卡", none: "不刷卡", lost_card: "挂失的卡", other_card: "别人的卡", unknown_card: "未登记的卡",
    resident: "住户", visitor: "访客", stranger: "生客", lost_who: "卡已挂失", inside: "在内", person_who: "行人",
    manners: { normal: "正常", tailgate: "跟车", force: "冲杆", back_out: "倒出", back_out_under_arm: "杆下倒回", hesitate: "杆下停顿", abandon: "弃车" },
    ways: { card: "刷卡", exit_button: "出门钮", force: "强行", key: "钥匙" },
    inputs: { arming: "到达", closing: "闸下", leaving: "离开", photocell: "光电", limit_up: "上限位", limit_down: "下限位", fire: "火警", button: "按钮", fault: "故障", door: "门开", lock_released: "已解锁", exit_button: "出门钮" },
    kinds: { arm_stuck: "杆卡住", limit_up_off: "上限位不通", limit_up_on: "上限位常通", limit_down_off: "下限位不通", limit_down_on: "下限位常通", arming_stuck: "到达线圈常通", closing_stuck: "闸下线圈常通", photocell_dirty: "光电脏污", camera_freeze: "画面冻结", camera_black: "画面全黑", camera_cut: "断开", camera_slow: "很慢", camera_silent: "无数据", camera_truncated: "图像残缺", cable_cut: "线缆断", bytes_lost: "丢字节", bits_flipped: "误码", answers_late: "应答迟", board_silent: "不应答", reader_tamper: "防拆", reader_silent: "不应答" },
    groups: { lane: "车道", cameras: "摄像机", lines: "线路", boards: "控制板", tamper: "读卡器" },
  },
  en: {
    title: "Gate on a table", day: "Day", dusk: "Dusk", night: "Night", rain: "Rain", light: "Light", theme: "Light or dark page",
    other: "中文", send_vehicle: "Send a vehicle", vehicle: "Plate or id", manner: "Manner", card: "Card", side: "From",
    dirt: "Dirt on plate", send: "Send to this lane", send_person: "Let somebody come", person: "Who", way: "How", hold: "Holds the door",
    swipe_card: "Swipe a card", card_number: "Card bits:facility:number", swipe: "Hold to the reader", in_lane: "Vehicles in the lane",
    by_hand: "By hand", person_under: "Person under the arm", fire: "Fire signal", faults: "Faults", entry: "Entry", exit: "Exit", both: "Both ways",
    foot: "On foot", nobody: "No vehicle", back_out: "Back out", force: "Force", press_open: "Open button", press_exit: "Exit button",
    connected: "Connected", lost: "The simulator does not answer", waiting: "waiting outside", done: "Done", boom_off: "boom knocked off",
    down: "arm down", up: "arm up", rising: "rising", falling: "falling", between: "stopped half-way", open: "door open", shut: "door shut",
    own: "its own", none: "none", lost_card: "one reported lost", other_card: "somebody else's", unknown_card: "an unknown one",
    resident: "resident", visitor: "visitor", stranger: "stranger", lost_who: "card lost", inside: "inside", person_who: "on foot",
    manners: { normal: "normal", tailgate: "tailgates", force: "forces the arm", back_out: "backs out", back_out_under_arm: "turns back under the arm", hesitate: "hesitates under the arm", abandon: "abandons the vehicle" },
    ways: { card: "card", exit_button: "exit button", force: "by force", key: "key" },
    inputs: { arming: "arming", closing: "closing", leaving: "leaving", photocell: "photocell", limit_up: "limit up", limit_down: "limit down", fire: "fire", button: "button", fault: "fault", door: "door", lock_released: "unlocked", exit_button: "exit button" },
    kinds: { arm_stuck: "arm stuck", limit_up_off: "upper switch dead", limit_up_on: "upper switch stuck on", limit_down_off: "lower switch dead", limit_down_on: "lower switch stuck on", arming_stuck: "arming loop stuck", closing_stuck: "closing loop stuck", photocell_dirty: "photocell dirty", camera_freeze: "frozen", camera_black: "black", camera_cut: "cut off", camera_slow: "slow", camera_silent: "silent", camera_truncated: "half pictures", cable_cut: "cable cut", bytes_lost: "bytes lost", bits_flipped: "bits flipped", answers_late: "answers late", board_silent: "silent", reader_tamper: "tampered", reader_silent: "silent" },
    groups: { lane: "Lane", cameras: "Cameras", lines: "Lines", boards: "Boards", tamper: "Readers" },
  },
};

const stored = localStorage.getItem("language");
export const language = { now: stored || (navigator.language.startsWith("zh") ? "zh" : "en") };

export function say(key, group) {
  const words = TEXTS[language.now];
  return (group ? words[group][key] : words[key]) || key;
}

export function turnLanguage() {
  language.now = language.now === "zh" ? "en" : "zh";
  localStorage.setItem("language", language.now);
}
