SETTINGS = {"lr": 0.1}
RATE = SETTINGS["rate"]
