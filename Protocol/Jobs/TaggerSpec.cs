using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Named entities: a bidirectional LSTM over words and their case, a linear layer, a CRF (Huang, Xu and Yu 2015; Lample et al., NAACL 2016).</summary>
public sealed record TaggerSpec : ModelSpec
{
    /// <summary>Units a direction.</summary>
    public int Hidden { get; init; } = 100;

    /// <summary>Numbers that stand for a word's case beside its vector; 0: case is not read.</summary>
    public int CaseDimension { get; init; } = 10;

    /// <summary>Probability that a number is dropped, of what the LSTM reads and of what it gives.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>Probability that a word which the train part has once is read as unknown while training, so that the unknown row is learned (Lample et al., section 4.3).</summary>
    public float UnknownRate { get; init; } = 0.5f;

    /// <summary>Whether tags are scored as a sequence in which no entity goes on that has not begun; else each by itself.</summary>
    public bool Crf { get; init; } = true;

    /// <summary>The embedding, <c>case</c> (unless caseDimension is 0), <c>lstm1</c>, the output layer and <c>crf</c> (unless it is off).</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups =>
        ["embedding", .. CaseDimension > 0 ? ["case"] : Array.Empty<string>(), LstmSpec.GroupOf(1), "output", .. Crf ? ["crf"] : Array.Empty<string>()];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string[]> GroupsByLayer =>
        [Crf ? ["output", "crf"] : ["output"], CaseDimension > 0 ? [LstmSpec.GroupOf(1), "case"] : [LstmSpec.GroupOf(1)], ["embedding"]];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Tags;
}
