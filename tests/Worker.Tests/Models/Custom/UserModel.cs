using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models.Custom;

/// <summary>Settings of every kind that there is.</summary>
public sealed record UserSettings
{
    public float Rate { get; init; } = 1;

    public IReadOnlyList<UserLayer> Layers { get; init; } = [];

    public UserMode Mode { get; init; }
}

public sealed record UserLayer
{
    public int Units { get; init; }
}

public enum UserMode
{
    One,
    TwoWords,
}

public abstract class AbstractModel : IEmbeddingModel
{
    public virtual IReadOnlyList<TableSpec> Tables => [Embedding(4, 4)];

    public PreparedSlice Prepare(Slice slice) => throw new NotSupportedException();

    public virtual SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients) => throw new NotSupportedException();

    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values) => throw new NotSupportedException();

    public void Dispose() => GC.SuppressFinalize(this);

    protected static TableSpec Embedding(int rows, int dimension, string name = "embedding") => new(name, name, rows, dimension, new RowInit.Zero(), Dense: false);
}

public sealed class UserModel : AbstractModel
{
    private readonly UserSettings _settings;

    public UserModel(UserSettings settings, ModelShape shape)
    {
        if (settings.Rate < 0)
            throw new ArgumentException($"rate is {settings.Rate}");
        _settings = settings;
    }

    public override string ToString() => FormattableString.Invariant($"{_settings.Rate} {_settings.Layers.Sum(l => l.Units)} {_settings.Mode}");
}

public sealed class PlainModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows, shape.Dimension)];
}

/// <summary>Adds to its gradients, as one that backpropagates by hand does.</summary>
public sealed class AddingModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows, shape.Dimension)];

    public override SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        if (gradients[0] is { } gradient)
            gradient[1] += 1;
        return default;
    }
}

public sealed class NoModel;

public sealed class OddConstructorModel(int number) : AbstractModel
{
    public override string ToString() => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

public sealed record OddSettings
{
    public DateTime When { get; init; }
}

public sealed class OddSettingsModel(OddSettings settings, ModelShape shape) : AbstractModel
{
    public override string ToString() => $"{settings} {shape}";
}

public sealed class NoEmbeddingModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows, 4, "words")];
}

public sealed class TwiceNamedModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows, 4), Embedding(shape.Vocabulary.Rows, 4)];
}

public sealed class OtherGroupModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows, 4), new TableSpec("hidden", "hidden", 2, 2, new RowInit.Zero(), Dense: true)];
}

public sealed class OtherSizeModel(ModelShape shape) : AbstractModel
{
    public override IReadOnlyList<TableSpec> Tables => [Embedding(shape.Vocabulary.Rows - 1, 4)];
}
