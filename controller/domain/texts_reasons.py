"""The words for each reason: why, and what to do next. A table; read through `texts`."""

from controller.domain.reasons import Reason

R = Reason

_Table = dict[R, dict[str, str]]


def _table(rows: tuple[tuple[R, str, str, str], ...]) -> _Table:
    return {reason: {"zh-Hans": hans, "zh-Hant": hant, "en": en} for reason, hans, hant, en in rows}


WHY: _Table = _table(
    (
        (R.PASS_VALID, "月卡有效", "月卡有效", "The pass is valid"),
        (R.PERMIT_VALID, "通行证有效", "通行證有效", "The permit is valid"),
        (R.LEASE_VALID, "车位租赁有效", "車位租賃有效", "The space lease is valid"),
        (
            R.GRACE_DAYS,
            "月卡已到期,尚在宽限期内",
            "月卡已到期,尚在寬限期內",
            "The pass has ended; within its days of grace",
        ),
        (
            R.NEAR_MISS_ACCEPTED,
            "车牌有一位存疑,与唯一登记车辆相符",
            "車牌有一位存疑,與唯一登記車輛相符",
            "One doubtful character; agrees with the only registered vehicle that is near",
        ),
        (R.TEMPORARY_ADMITTED, "临时车放行入场", "臨時車放行入場", "Let in as a temporary vehicle"),
        (R.TEMPORARY_LEAVING, "临时车离场", "臨時車離場", "A temporary vehicle leaves"),
        (
            R.CLOCK_UNTRUSTED_LAST_STATE,
            "时钟未校准,按最后已知状态放行",
            "時鐘未校準,按最後已知狀態放行",
            "The clock is not trusted; granted by the last known state",
        ),
        (
            R.GUARD_CONFIRMS,
            "资格有效,本车道需值班员确认",
            "資格有效,本車道需值班員確認",
            "Entitled; here the guard confirms each one",
        ),
        (
            R.CARD_OTHER_VEHICLE,
            "卡有效,但车牌是另一辆车",
            "卡有效,但車牌是另一輛車",
            "The card is valid, but the plate is another vehicle's",
        ),
        (
            R.NEAR_MISS,
            "与一辆登记车辆差一位",
            "與一輛登記車輛差一位",
            "Differs in one character from a registered vehicle",
        ),
        (R.NEAR_MISS_SEVERAL, "与多辆登记车辆相近", "與多輛登記車輛相近", "Near to more than one registered vehicle"),
        (R.PLATE_DOUBTFUL, "车牌识别把握不足", "車牌識別把握不足", "The plate was read with doubt"),
        (R.PLATE_UNREADABLE, "车牌有字符无法识别", "車牌有字符無法識別", "A character of the plate could not be read"),
        (R.PLATE_MISSING, "没有读到车牌", "沒有讀到車牌", "No plate was read"),
        (
            R.PLATE_UNSEEN,
            "有车,但看不到车牌:被遮挡、没有或是纸质临牌",
            "有車,但看不到車牌:被遮擋、沒有或是紙質臨牌",
            "A vehicle stands there and no plate is seen: covered, missing, or a paper plate",
        ),
        (
            R.ANOTHER_PLATE,
            "此前在这里读到的是另一块车牌",
            "此前在這裡讀到的是另一塊車牌",
            "Another vehicle's plate was read here just before",
        ),
        (R.CARD_MISSING, "没有刷卡", "沒有刷卡", "No card was presented"),
        (R.TEMPORARY_REFERRED, "未登记的临时车", "未登記的臨時車", "A vehicle without any right"),
        (R.NO_ENTRY_RECORD, "没有入场记录", "沒有入場記錄", "There is no record of an entry"),
        (
            R.ON_DUTY_PLATE,
            "应急、军警号牌,请人工确认",
            "應急、軍警號牌,請人工確認",
            "An emergency, military or police plate: a person confirms",
        ),
        (R.VOID_PLATE, "此类号牌已作废", "此類號牌已作廢", "Plates of this kind are void"),
        (R.WATCH_LIST, "在重点关注名单内", "在重點關注名單內", "On the watch list"),
        (R.REGISTRY_TOO_OLD, "名单太久未更新", "名單太久未更新", "The registry has not been confirmed for too long"),
        (
            R.CLOCK_UNTRUSTED,
            "时钟未校准,有效期无法判断",
            "時鐘未校準,有效期無法判斷",
            "The clock is not trusted, so validity cannot be judged",
        ),
        (
            R.SPACE_TAKEN,
            "该车位已有车辆在场",
            "該車位已有車輛在場",
            "The space is taken by another vehicle of the group",
        ),
        (R.ALREADY_OUTSIDE, "记录显示已在场外", "記錄顯示已在場外", "Already outside, by the record"),
        (R.PULLED_ASIDE, "已请靠边等候处理", "已請靠邊等候處理", "Asked to wait at the side"),
        (R.UNKNOWN_CARD, "卡未登记", "卡未登記", "The card is not registered"),
        (R.UNKNOWN_PLATE, "车牌未登记", "車牌未登記", "The plate is not registered"),
        (R.UNKNOWN_CODE, "凭证码无效", "憑證碼無效", "The code is not valid"),
        (R.CARD_LOST, "卡已挂失", "卡已掛失", "The card was reported lost"),
        (R.CARD_SUSPENDED, "卡已停用", "卡已停用", "The card is suspended"),
        (R.CARD_RETURNED, "卡已退还", "卡已退還", "The card was returned"),
        (R.RIGHT_LOST, "通行资格已挂失", "通行資格已掛失", "The right was reported lost"),
        (R.RIGHT_SUSPENDED, "通行资格已报停", "通行資格已報停", "The right is suspended"),
        (R.RIGHT_RETURNED, "通行资格已退还", "通行資格已退還", "The right was returned"),
        (R.NO_RIGHT, "没有通行资格", "沒有通行資格", "There is no right to enter"),
        (R.NOT_YET_VALID, "尚未生效", "尚未生效", "Not valid yet"),
        (R.EXPIRED, "已过有效期", "已過有效期", "The validity has ended"),
        (R.WRONG_DAY, "今天不在允许的日子内", "今天不在允許的日子內", "Not good on this day"),
        (R.WRONG_HOURS, "现在不在允许的时段内", "現在不在允許的時段內", "Not good at this hour"),
        (R.HOLIDAY, "节假日不可用", "節假日不可用", "Not good on a holiday"),
        (R.WRONG_LOT, "不适用于本停车场", "不適用於本停車場", "Not good for this lot"),
        (R.FULL, "车位已满", "車位已滿", "The car park is full"),
        (R.ALREADY_INSIDE, "记录显示已在场内", "記錄顯示已在場內", "Already inside, by the record"),
        (R.TEMPORARY_DENIED, "本车道不接待临时车", "本車道不接待臨時車", "No temporary vehicles at this lane"),
        (R.LANE_LOCKED, "车道已锁", "車道已鎖", "The lane is locked"),
        (R.REFUSED_BY_GUARD, "值班员未放行", "值班員未放行", "Not let through by the guard"),
        (R.GUARD_OPENED, "值班员放行", "值班員放行", "Opened by the guard"),
        (R.CENTRE_OPENED, "中心放行", "中心放行", "Opened by the centre"),
        (R.BUTTON_PRESSED, "岗亭按钮放行", "崗亭按鈕放行", "Opened by the booth's button"),
        (R.EXIT_BUTTON, "出门按钮", "出門按鈕", "Opened by the exit button"),
        (R.HELD_OPEN, "道闸常开中", "道閘常開中", "The barrier is held open"),
        (R.FIRE, "火警放行", "火警放行", "Fire alarm: open for all"),
        (R.OBSTRUCTED, "杆下有物,道闸回升", "杆下有物,道閘回升", "Something under the arm: raised again"),
        (R.INPUTS_UNKNOWN, "输入信号未知,道闸停止", "輸入信號未知,道閘停止", "Inputs unknown: the arm was stopped"),
        (R.VEHICLE_THROUGH, "车辆已通过", "車輛已通過", "The vehicle is through"),
        (R.UNUSED, "开闸后未通过", "開閘後未通過", "Opened and not used"),
        (R.FOLLOWED_ON_ONE_LIFT, "跟车通过", "跟車通過", "Followed another on one lift"),
        (R.NO_OPENING, "未开闸闯入", "未開閘闖入", "Went through though nothing was opened"),
        (R.NOBODY_CAME, "开闸后无人通过", "開閘後無人通過", "Opened, and nobody came"),
        (R.BACKED_OUT, "倒车离开", "倒車離開", "Backed out"),
        (R.DROVE_AWAY, "未通过而离开", "未通過而離開", "Left without passing"),
        (R.SIGHT_LOST, "期间信号中断", "期間信號中斷", "Out of sight meanwhile"),
        (R.REASON_MISSING, "没有填写原因", "沒有填寫原因", "No reason was given"),
        (R.ROLE_TOO_LOW, "权限不足", "權限不足", "Your role does not allow this"),
        (R.OTHER_PASSAGE, "车道上已是另一辆车", "車道上已是另一輛車", "Another vehicle is at the lane now"),
        (R.NO_PASSAGE, "车道上没有车辆", "車道上沒有車輛", "There is nobody at the lane"),
        (
            R.NOT_CLEAR,
            "杆下有物或信号未知",
            "杆下有物或信號未知",
            "Something is under the arm, or its inputs are unknown",
        ),
        (R.WRONG_MODE, "当前模式下不可执行", "當前模式下不可執行", "Not possible in the present mode"),
        (R.FIRE_STILL_ON, "火警信号仍在", "火警信號仍在", "The fire signal is still on"),
        (R.UNKNOWN_LANE, "没有这条车道", "沒有這條車道", "There is no such lane"),
        (R.UNKNOWN_ORDER, "没有这种指令", "沒有這種指令", "There is no such order"),
        (R.NOT_CONFIRMED, "结果未能从信号确认", "結果未能從信號確認", "The outcome could not be read back"),
    )
)
"""Reason -> why, per language."""

_ISSUE = ("登记后发临停票,或请其离开", "登記後發臨停票,或請其離開", "Register it and issue a ticket, or turn it away")
_COMPARE = (
    "对照图片与车牌后放行或更正车牌",
    "對照圖片與車牌後放行或更正車牌",
    "Compare picture and plate; open, or correct the plate",
)
_OFFICE = ("请联系服务中心", "請聯絡服務中心", "Ask the service centre")
_LEADER = ("请班长到场处理", "請班長到場處理", "Call the squad leader")
_PAPERS = ("核对证件后按临时车处理", "核對證件後按臨時車處理", "Check the papers; handle it as a temporary vehicle")
_LOOK = ("查看现场与输入信号后重试", "查看現場與輸入信號後重試", "Look at the lane and its inputs, then try again")

NEXT: _Table = _table(
    (
        (R.GUARD_CONFIRMS, "核对车辆后放行", "核對車輛後放行", "Look at the vehicle, then open"),
        (R.CARD_OTHER_VEHICLE, *_LEADER),
        (R.NEAR_MISS, *_COMPARE),
        (R.NEAR_MISS_SEVERAL, *_COMPARE),
        (R.PLATE_DOUBTFUL, *_COMPARE),
        (R.PLATE_UNREADABLE, *_COMPARE),
        (R.ANOTHER_PLATE, *_COMPARE),
        (
            R.PLATE_MISSING,
            "看清车牌后填写,或请其刷卡",
            "看清車牌後填寫,或請其刷卡",
            "Type the plate you see, or ask for the card",
        ),
        (
            R.PLATE_UNSEEN,
            "看图片:遮挡的请露出车牌;无牌或纸质临牌的,登记后发临停票",
            "看圖片:遮擋的請露出車牌;無牌或紙質臨牌的,登記後發臨停票",
            "Look at the picture: have a covered plate uncovered; without one, or with a paper one, register it and "
            "issue a ticket",
        ),
        (R.CARD_MISSING, "请其刷卡", "請其刷卡", "Ask for the card"),
        (R.TEMPORARY_REFERRED, *_ISSUE),
        (
            R.NO_ENTRY_RECORD,
            "先查今日相近车牌与未出场图片",
            "先查今日相近車牌與未出場圖片",
            "Look through today's near plates and pictures without an exit first",
        ),
        (
            R.ON_DUTY_PLATE,
            "确认后立即放行,不收费",
            "確認後立即放行,不收費",
            "Confirm and open at once; nothing is charged",
        ),
        (R.VOID_PLATE, *_LEADER),
        (R.WATCH_LIST, *_LEADER),
        (
            R.REGISTRY_TOO_OLD,
            "核对证件后人工放行,并报修网络",
            "核對證件後人工放行,並報修網絡",
            "Check the papers and open by hand; report the link",
        ),
        (
            R.CLOCK_UNTRUSTED,
            "核对有效期后人工放行,并报修时钟",
            "核對有效期後人工放行,並報修時鐘",
            "Check the validity and open by hand; report the clock",
        ),
        (
            R.SPACE_TAKEN,
            "按临时车放行,或请其稍候",
            "按臨時車放行,或請其稍候",
            "Let it in as temporary, or ask it to wait",
        ),
        (R.PULLED_ASIDE, *_LEADER),
        (R.UNKNOWN_CARD, *_PAPERS),
        (R.UNKNOWN_PLATE, *_ISSUE),
        (R.UNKNOWN_CODE, "请业主重新发送访客码", "請業主重新發送訪客碼", "Ask the host to send the code again"),
        (R.CARD_LOST, "收回卡片并请班长到场", "收回卡片並請班長到場", "Keep the card and call the squad leader"),
        (R.CARD_SUSPENDED, *_OFFICE),
        (R.CARD_RETURNED, *_OFFICE),
        (R.RIGHT_LOST, *_LEADER),
        (R.RIGHT_SUSPENDED, *_OFFICE),
        (R.RIGHT_RETURNED, *_OFFICE),
        (R.NO_RIGHT, *_ISSUE),
        (R.NOT_YET_VALID, *_PAPERS),
        (
            R.EXPIRED,
            "可当场续费,或按临时车处理",
            "可當場續費,或按臨時車處理",
            "Renew on the spot, or handle it as temporary",
        ),
        (R.WRONG_DAY, *_PAPERS),
        (R.WRONG_HOURS, *_PAPERS),
        (R.HOLIDAY, *_PAPERS),
        (R.WRONG_LOT, "请引导至所属停车场", "請引導至所屬停車場", "Show the way to its own lot"),
        (R.FULL, "请引导至其他停车场", "請引導至其他停車場", "Show the way to another car park"),
        (R.ALREADY_INSIDE, "查看上次入场图片", "查看上次入場圖片", "Look at the picture of the last entry"),
        (R.TEMPORARY_DENIED, "请引导至访客入口", "請引導至訪客入口", "Show the way to the visitors' entrance"),
        (
            R.LANE_LOCKED,
            "解锁车道,或引导至其他车道",
            "解鎖車道,或引導至其他車道",
            "Unlock the lane, or show the way to another",
        ),
        (R.REFUSED_BY_GUARD, "请其离开车道", "請其離開車道", "Ask it to leave the lane"),
        (R.REASON_MISSING, "请选择原因", "請選擇原因", "Choose a reason"),
        (R.ROLE_TOO_LOW, *_LEADER),
        (
            R.OTHER_PASSAGE,
            "请看当前车辆后再操作",
            "請看當前車輛後再操作",
            "Look at the vehicle that is there now, then order again",
        ),
        (R.NOT_CLEAR, *_LOOK),
        (R.NOT_CONFIRMED, *_LOOK),
        (R.WRONG_MODE, "先结束当前模式", "先結束當前模式", "End the present mode first"),
        (R.FIRE_STILL_ON, "确认火警主机复位", "確認火警主機復位", "See that the fire panel is reset"),
    )
)
"""Reason -> what to do next, per language; missing where nothing is to be done."""
