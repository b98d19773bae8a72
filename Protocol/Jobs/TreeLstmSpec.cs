using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Tree-LSTM with a label at every node of a sentence's tree (Tai, Socher and Manning, ACL 2015).</summary>
public sealed record TreeLstmSpec : ModelSpec
{
    /// <summary>How a node is made of its children.</summary>
    public TreeComposition Composition { get; init; } = TreeComposition.Binary;

    /// <summary>Numbers a node's hidden state, and its memory cell.</summary>
    public int Hidden { get; init; } = 150;

    /// <summary>Probability that a number of a hidden state is dropped before the softmax; nothing else is dropped.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>The embedding, what reads words, what reads children, and the output layer.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", "input", "composition", "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Trees;
}

/// <summary>How related two sentences are, by a child-sum Tree-LSTM over each one's dependency tree (Tai, Socher and Manning, ACL 2015, section 4.2).</summary>
public sealed record TreeLstmPairsSpec : ModelSpec
{
    /// <summary>Numbers a node's hidden state, and its memory cell.</summary>
    public int Hidden { get; init; } = 150;

    /// <summary>Units of the layer that compares the two sentences.</summary>
    public int SimilarityHidden { get; init; } = 50;

    /// <summary>Whether nodes have an output gate, as in the paper's equations. The paper's code and its numbers of parameters are without.</summary>
    public bool OutputGate { get; init; }

    /// <summary>The embedding, what reads words, what reads children, the layer that compares, and the output layer.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", "input", "composition", "similarity", "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.TreePairs;
}

/// <summary>Tai's two compositions.</summary>
public enum TreeComposition
{
    /// <summary>Left and right child each with weights of their own (the paper's N-ary Tree-LSTM, N = 2); words at the leaves of constituency trees.</summary>
    Binary,

    /// <summary>The sum of the children's hidden states, a forget gate a child: any number of children, in no order, and a word at any node.</summary>
    ChildSum,
}
