"""Golden values of the optimizer: torch.nn.utils.clip_grad_norm_ and torch.optim.AdamW, step by step.

Packages: torch 2.11.0. Run: python adamw.py > adamw.txt

Two tensors: a matrix of 12 numbers that decays, a vector of 4 that does not. Each line "step" holds the learning rate, decay
and largest norm of one step, the norm that was found, and all numbers afterwards. Gradients are given; one step's are huge.
"""
import torch

torch.manual_seed(1)
matrix = torch.nn.Parameter(torch.randn(3, 4))
vector = torch.nn.Parameter(torch.randn(4))


def shown(*tensors):
    return " ".join(f"{value:.9g}" for tensor in tensors for value in tensor.detach().flatten().tolist())


print("start", shown(matrix, vector))
optimizer = torch.optim.AdamW([{"params": [matrix]}, {"params": [vector]}], betas=(0.9, 0.95), eps=1e-8)
for step, (rate, decay, largest) in enumerate([(1e-2, 0.1, 1.0), (1e-2, 0.1, 1.0), (3e-3, 0.0, 0.5), (3e-3, 0.1, 0.0), (1e-3, 0.1, 1.0), (1e-3, 0.1, 1.0)]):
    matrix.grad = torch.randn(3, 4) * (100 if step == 4 else 0.2)
    vector.grad = torch.randn(4) * 0.2
    gradient = shown(matrix.grad, vector.grad)
    norm = torch.nn.utils.clip_grad_norm_([matrix, vector], largest if largest > 0 else float("inf"))
    for group, of_group in zip(optimizer.param_groups, (decay, 0.0)):
        group["lr"] = rate
        group["weight_decay"] = of_group
    optimizer.step()
    print("gradient", gradient)
    print("step", rate, decay, largest, f"{norm.item():.9g}", shown(matrix, vector))
