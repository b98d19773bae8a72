using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>A greedy transition-based dependency parser with one hidden layer (Chen and Manning, EMNLP 2014).</summary>
public sealed record ParserSpec : ModelSpec
{
    /// <summary>Hidden units.</summary>
    public int Hidden { get; init; } = 200;

    /// <summary>Numbers that stand for a part-of-speech tag, where the data has tags, and for a relation.</summary>
    public int SymbolDimension { get; init; } = 50;

    /// <summary>What a hidden unit does to what it reads.</summary>
    public ParserActivation Activation { get; init; }

    /// <summary>Probability that a hidden unit is dropped.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>The embedding; <c>symbols</c>, which are the vectors of tags, of relations, and of what stands where there is no word; the hidden and the output layer.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", "symbols", "hidden", "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Heads;
}

/// <summary>Activations of a parser's hidden layer.</summary>
public enum ParserActivation
{
    /// <summary>x^3 (Chen and Manning, section 3.2): products of three of the parts that a unit reads.</summary>
    Cube,

    /// <summary>max(0, x).</summary>
    Relu,
}
