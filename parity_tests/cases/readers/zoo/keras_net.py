import keras


def resnet50():
    return keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3))
