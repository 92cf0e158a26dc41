"""What a page draws, made out of what the desk knows: steps, bars, curves and lines. Pure: time is an argument."""
