"""Import of other systems' data. The domains know what to make of it; here it is read, handed on and summed up."""
