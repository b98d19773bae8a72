namespace DistEmbed.Worker.Models.Parsing;

/// <summary>
/// A configuration of the arc-standard system (Nivre 2004) over a sentence: a stack that begins with the root, words still to be read, and the dependencies so far.
/// Words are numbered from 1; 0 is the root.
/// </summary>
public sealed class ParserState
{
    /// <summary>The transition that moves the next word to the stack.</summary>
    public const int Shift = 0;

    private readonly int[] _stack;
    private readonly int[] _heads;
    private readonly int[] _relations;
    // Dependents of a word nearest to its ends: the first and second from the left, and from the right; 0: there is none.
    private readonly int[] _left, _left2, _right, _right2;
    private int _size = 1;
    private int _next = 1;

    /// <summary>Begins with a sentence of <paramref name="words"/> words.</summary>
    public ParserState(int words)
    {
        Words = words;
        _stack = new int[words + 1];
        _heads = new int[words + 1];
        _relations = new int[words + 1];
        Array.Fill(_relations, -1);
        (_left, _left2, _right, _right2) = (new int[words + 1], new int[words + 1], new int[words + 1], new int[words + 1]);
    }

    /// <summary>Number of words.</summary>
    public int Words { get; }

    /// <summary>Whether every word has a head.</summary>
    public bool IsDone => _size == 1 && _next > Words;

    /// <summary>Words on the stack, with the root.</summary>
    public int StackSize => _size;

    /// <summary>Words that are still to be read.</summary>
    public int BufferSize => Words - _next + 1;

    /// <summary>The word at a depth of the stack, from 0; -1: there is none.</summary>
    public int Stack(int depth) => depth < _size ? _stack[_size - 1 - depth] : -1;

    /// <summary>The word at a place among those still to be read, from 0; -1: there is none.</summary>
    public int Buffer(int place) => _next + place <= Words ? _next + place : -1;

    /// <summary>The head of a word that has one.</summary>
    public int Head(int word) => _heads[word];

    /// <summary>The relation of a word to its head; -1: it has no head yet.</summary>
    public int Relation(int word) => word < 0 ? -1 : _relations[word];

    /// <summary>The first (0) or second (1) dependent of a word from the left, left of it; -1: there is none.</summary>
    public int LeftChild(int word, int which) => word < 0 ? -1 : OrNone(which == 0 ? _left[word] : _left2[word]);

    /// <summary>The first (0) or second (1) dependent of a word from the right, right of it; -1: there is none.</summary>
    public int RightChild(int word, int which) => word < 0 ? -1 : OrNone(which == 0 ? _right[word] : _right2[word]);

    /// <summary>The transition that makes the second word of the stack a dependent of the first.</summary>
    public static int LeftArc(int relation) => 1 + (2 * relation);

    /// <summary>The transition that makes the first word of the stack a dependent of the second.</summary>
    public static int RightArc(int relation) => 2 + (2 * relation);

    /// <summary>Whether a transition can be made. The root gets one dependent, as the last arc.</summary>
    public bool Allows(int transition) => transition == Shift ? _next <= Words
        : transition % 2 == 1 ? _size > 2
        : _size > 2 || (_size == 2 && _next > Words);

    /// <summary>Makes a transition that is allowed.</summary>
    public void Make(int transition)
    {
        if (!Allows(transition))
            throw new InvalidOperationException($"transition {transition} is not allowed with {_size} words on the stack and {BufferSize} to read");
        if (transition == Shift)
        {
            _stack[_size++] = _next++;
            return;
        }

        int first = _stack[_size - 1], second = _stack[_size - 2], relation = (transition - 1) / 2;
        bool left = transition % 2 == 1;
        (int head, int word) = left ? (first, second) : (second, first);
        (_heads[word], _relations[word]) = (head, relation);
        // Left dependents are found from the inside out, right ones too: the newest is the outermost.
        if (left)
            (_left[head], _left2[head]) = (word, _left[head]);
        else
            (_right[head], _right2[head]) = (word, _right[head]);
        if (left)
            _stack[_size - 2] = first;
        _size--;
    }

    private static int OrNone(int word) => word == 0 ? -1 : word;
}
