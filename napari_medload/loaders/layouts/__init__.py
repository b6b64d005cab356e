"""Layouts of other tools: nnU-Net, Learn2Reg, MONAI's datalists and VoxelMorph's pair lists."""
