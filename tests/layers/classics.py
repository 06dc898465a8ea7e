"""The networks of the zoo that slow tests take: one of each kind, from LeNet-5 to ConvNeXt."""

CLASSICS = (
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "lenet5",
    "mobilenet_v2",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "unet",
    "vgg16",
)
