using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>GloVe: vectors whose products give the logarithms of how often words are near each other (Pennington, Socher, Manning, EMNLP 2014).</summary>
public sealed record GloVeSpec : ModelSpec
{
    /// <summary>Largest distance of two words that count as near; a pair at distance d counts 1/d.</summary>
    public int Window { get; init; } = 15;

    /// <summary>Whether words on both sides are a word's context; else only those before it.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>The count from which on a cell of the matrix has the full weight 1.</summary>
    public double XMax { get; init; } = 100;

    /// <summary>A count x below <see cref="XMax"/> has the weight (x / <see cref="XMax"/>) to this power.</summary>
    public double Alpha { get; init; } = 0.75;

    /// <summary>What a word's vector is once training has ended. Changes no bit of the training.</summary>
    public GloVeVectors WordVectors { get; init; } = GloVeVectors.Sum;

    /// <summary>The word vectors and the context vectors, each with its biases.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", "context"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasContextVectors => true;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> WordGroups => Groups;

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Text;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Unit => "cells";

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> VectorTables => WordVectors == GloVeVectors.Sum ? ["embedding", "context"] : ["embedding"];
}

/// <summary>What a word's vector is.</summary>
public enum GloVeVectors
{
    /// <summary>The sum of its vectors as word and as context, as the paper and the original program have it.</summary>
    Sum,

    /// <summary>Its vector as word alone.</summary>
    Embedding,
}
