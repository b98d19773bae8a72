using System.Globalization;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Sequence LSTM (Tai, Socher and Manning, ACL 2015): last states, dropout, linear layer, softmax.</summary>
public sealed record LstmSpec : ModelSpec
{
    /// <summary>Units a layer and direction.</summary>
    public int Hidden { get; init; } = 168;

    /// <summary>Layers, 1 or 2.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Whether sentences are read in both directions; the last states of both go into the output layer.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>Whether the two directions of a layer share their weights, as in the paper's code.</summary>
    public bool Tied { get; init; }

    /// <summary>Probability that a number of the last state is dropped before the output layer.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>The embedding, each layer (<c>lstm1</c>, <c>lstm2</c>, both directions) and the output layer.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", .. Enumerable.Range(1, Math.Clamp(Layers, 1, 2)).Select(GroupOf), "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string[]> GroupsByLayer => [.. Groups.Reverse().Select(group => new[] { group })];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Labels;

    /// <summary>The group of a layer, from 1.</summary>
    public static string GroupOf(int layer) => "lstm" + layer.ToString(CultureInfo.InvariantCulture);
}
